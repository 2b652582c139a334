import express, { type Router } from 'express';
import { compareRuns } from '../../viewer/compare.ts';
import type { RunFacts } from '../../viewer/summary/types.ts';
import type { Waterfall } from '../../viewer/waterfall.ts';
import type { FailureLogs } from '../views/failure-logs.ts';
import { findWaterfall } from './find-trace.ts';
import { sendJson } from './send-json.ts';
import type { ListUpdate } from '../views/trace-list.ts';
import type { PageSource } from '../views/page-source.ts';

/** What the list and the comparison are made of. */
export interface HistorySource extends Pick<PageSource, 'get'> {
  /** The list, whole or what has changed since an earlier update. */
  list(since: string | undefined): ListUpdate | Promise<ListUpdate>;
}

/** The list of traces, and the comparison of two. */
export function listRouter(source: HistorySource, failureLogs?: FailureLogs): Router {
  const router = express.Router();
  router.get('/api/traces', async (request, response) => {
    const { since } = request.query;
    await sendJson(request, response, await source.list(typeof since === 'string' ? since : undefined));
  });
  router.get('/api/compare/:before/:after', async (request, response) => {
    const { before, after } = request.params;
    const [old, current] = [await findWaterfall(source, before), await findWaterfall(source, after)];
    const read = async (waterfall: Waterfall): Promise<RunFacts> => (await failureLogs?.read(waterfall)) ?? {};
    const facts = { before: await read(old), after: await read(current) };
    await sendJson(request, response, compareRuns(old, current, facts));
  });
  return router;
}
