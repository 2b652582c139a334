import express, { type Response, type Router } from 'express';
import type { LiveSource } from '../../viewer/live/live-run.ts';
import { parseTraceId } from './trace-id.ts';
import type { PageSource } from '../views/page-source.ts';

const HEARTBEAT_MS = 15_000;

/**
 * Live updates as Server-Sent Events: `GET /api/events?trace=ID` (every trace without the parameter) sends `event: changed` with
 * `{"traceId": …}` whenever spans were added, or an API object of its run changed. It has no `traceId` when the list can't be read. Clients then get the changes by the
 * usual queries.
 */
export function eventsRouter(sources: Pick<PageSource | LiveSource, 'onChange'>[]): {
  router: Router;
  close: () => void;
} {
  const router = express.Router();
  const open = new Set<Response>();

  router.get('/api/events', (request, response) => {
    const { trace: sent } = request.query;
    const trace = sent === undefined ? undefined : parseTraceId(typeof sent === 'string' ? sent : '');
    response.status(200).set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    response.write('retry: 1000\nevent: ready\ndata: {}\n\n');
    open.add(response);
    const changed = (traceId: string | undefined): void => {
      // A slow client already has an unread event, and queries after reading that.
      if ((trace === undefined || trace === traceId) && !response.writableNeedDrain) {
        response.write(`event: changed\ndata: ${JSON.stringify({ traceId })}\n\n`);
      }
    };
    const subscriptions = sources.map((source) => source.onChange(changed));
    const heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT_MS).unref();
    response.on('close', () => {
      clearInterval(heartbeat);
      for (const unsubscribe of subscriptions) unsubscribe();
      open.delete(response);
    });
  });
  return {
    router,
    close: () => {
      for (const response of open) response.end();
    },
  };
}
