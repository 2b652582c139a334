import type { Request } from 'express';
import type { WaterfallRow } from '../../viewer/row.ts';
import type { Waterfall } from '../../viewer/waterfall.ts';
import { notHere } from './find-trace.ts';
import { HttpError } from './http-error.ts';
import { parseTraceId } from './trace-id.ts';
import type { Views } from '../views/views.ts';

/** The waterfall and row of a request's path. Throws HttpError 404 without either. */
export async function findRow(
  views: Views,
  { params }: Request<{ id: string; row: string }>,
): Promise<{ waterfall: Waterfall; row: WaterfallRow }> {
  const traceId = parseTraceId(params.id);
  const waterfall = await views.waterfall(traceId);
  if (!waterfall) throw notHere(traceId);
  const row = waterfall.rows.find(({ id }) => id === params.row);
  if (!row) throw new HttpError(404, `trace ${traceId} has no row ${JSON.stringify(params.row)}`);
  return { waterfall, row };
}
