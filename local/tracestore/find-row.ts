import type { Request } from 'express';
import type { WaterfallRow } from '../viewer/row.ts';
import type { Waterfall } from '../viewer/waterfall.ts';
import { HttpError } from './http-error.ts';
import { parseTraceId } from './trace-id.ts';
import type { Views } from './views.ts';

/** The answer for a trace of which nothing is known. */
export const notHere = (traceId: string): HttpError =>
  new HttpError(404, `no span of trace ${traceId} is here; check its id`);

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
