import type { TracesData } from '../../../shared/otlp/types.ts';
import { buildWaterfall, type Waterfall } from '../../viewer/waterfall.ts';
import { HttpError } from './http-error.ts';
import { parseTraceId } from './trace-id.ts';
import type { PageSource } from '../views/page-source.ts';

/** The answer for a trace of which nothing is known. */
export const notHere = (traceId: string): HttpError =>
  new HttpError(
    404,
    `no span of trace ${traceId} is here: its id is wrong, or it was in the memory of a Tektrace that has ended`,
  );

/** The trace of an id in a request's path. Throws HttpError 400 for what is no trace id, 404 without the trace. */
export async function findTrace(
  source: Pick<PageSource, 'get'>,
  id: string,
): Promise<{ traceId: string; traces: TracesData }> {
  const traceId = parseTraceId(id);
  const traces = await source.get(traceId);
  if (!traces) throw notHere(traceId);
  return { traceId, traces };
}

/** The same as waterfall, without what API objects add while the run goes on. */
export async function findWaterfall(source: Pick<PageSource, 'get'>, id: string): Promise<Waterfall> {
  const { traceId, traces } = await findTrace(source, id);
  return buildWaterfall(traceId, traces);
}
