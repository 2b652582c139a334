import express, { type Router } from 'express';
import type { TracesData } from '../../shared/otlp/types.ts';
import { compareRuns } from '../viewer/compare.ts';
import { buildWaterfall, type Waterfall } from '../viewer/waterfall.ts';
import { notHere } from './find-row.ts';
import { sendJson } from './send-json.ts';
import { parseTraceId } from './trace-id.ts';
import type { ListUpdate } from './trace-list.ts';

/** What the list and the comparison are made of. */
export interface HistorySource {
  /** The list, whole or what has changed since an earlier update. */
  list(since: string | undefined): ListUpdate | Promise<ListUpdate>;
  /** A trace; undefined if there is none of this id. */
  get(traceId: string): TracesData | undefined | Promise<TracesData | undefined>;
}

/** The list of traces, and the comparison of two. */
export function listRouter(source: HistorySource): Router {
  const router = express.Router();
  const waterfallOf = async (id: string): Promise<Waterfall> => {
    const traceId = parseTraceId(id);
    const traces = await source.get(traceId);
    if (!traces) throw notHere(traceId);
    return buildWaterfall(traceId, traces);
  };

  router.get('/api/traces', async (request, response) => {
    const { since } = request.query;
    await sendJson(request, response, await source.list(typeof since === 'string' ? since : undefined));
  });
  router.get('/api/compare/:before/:after', async (request, response) => {
    const { before, after } = request.params;
    await sendJson(request, response, compareRuns(await waterfallOf(before), await waterfallOf(after)));
  });
  return router;
}
