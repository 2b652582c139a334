import express, { type Router } from 'express';
import { functionSummaries } from '../../viewer/functions.ts';
import { logCommand, logPlaceOf, type LogSource } from '../../viewer/log-place.ts';
import { reconcileRows } from '../../viewer/page-view.ts';
import type { WaterfallRow } from '../../viewer/row.ts';
import { findRow } from './find-row.ts';
import { notHere } from './find-trace.ts';
import { sendJson } from './send-json.ts';
import { parseTraceId } from './trace-id.ts';
import type { Views } from '../views/views.ts';

/** What the panel of a row shows. */
export interface RowDetails {
  row: WaterfallRow;
  /** Of a container's row: the command that prints its log, and whether the log can be read here. */
  log?: { command: string; isHere: boolean };
}

/**
 * What the page of one trace draws:
 *
 * | GET | gives |
 * |---|---|
 * | `/api/waterfall/ID?since=REVISION` | all rows but those of controllers; with `since` what has changed, 204 if nothing has |
 * | `/api/waterfall/ID/row/ROW` | everything about one row |
 * | `/api/waterfall/ID/functions` | the controllers' functions in numbers |
 * | `/api/waterfall/ID/reconcile/ROW` | the rows of the reconcile that a controller's row belongs to |
 */
export function waterfallRouter(views: Views, logs: LogSource | undefined): Router {
  const router = express.Router();

  router.get('/api/waterfall/:id', async (request, response) => {
    const traceId = parseTraceId(request.params.id);
    const { since } = request.query;
    const update = await views.update(traceId, typeof since === 'string' ? since : undefined);
    if (!update) throw notHere(traceId);
    if (update === 'unchanged') response.status(204).end();
    else await sendJson(request, response, update);
  });
  router.get('/api/waterfall/:id/row/:row', async (request, response) => {
    const { waterfall, row } = await findRow(views, request);
    const place = logPlaceOf(waterfall.rows, row);
    const details: RowDetails = {
      row,
      ...(place && { log: { command: logCommand(place), isHere: logs !== undefined } }),
    };
    await sendJson(request, response, details);
  });
  router.get('/api/waterfall/:id/functions', async (request, response) => {
    const traceId = parseTraceId(request.params.id);
    const waterfall = await views.waterfall(traceId);
    if (!waterfall) throw notHere(traceId);
    await sendJson(request, response, functionSummaries(waterfall.rows));
  });
  router.get('/api/waterfall/:id/reconcile/:row', async (request, response) => {
    const { waterfall, row } = await findRow(views, request);
    await sendJson(request, response, reconcileRows(waterfall, row.id));
  });
  return router;
}
