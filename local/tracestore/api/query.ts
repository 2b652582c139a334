import express, { type Router } from 'express';
import { findTrace } from './find-trace.ts';
import { jaegerTrace } from './jaeger-trace.ts';
import type { PageSource } from '../views/page-source.ts';

/** The read side for programs: a trace in Jaeger's two APIs, and as a file. */
export function queryRouter(source: Pick<PageSource, 'get'>): Router {
  const router = express.Router();

  router.get('/api/traces/:id', async (request, response) => {
    const { traceId, traces } = await findTrace(source, request.params.id);
    response.json({ data: [jaegerTrace(traceId, traces)], total: 0, limit: 0, offset: 0, errors: null });
  });
  router.get('/api/v3/traces/:id', async (request, response) => {
    response.json({ result: (await findTrace(source, request.params.id)).traces });
  });
  router.get('/api/download/:id', async (request, response) => {
    const { traceId, traces } = await findTrace(source, request.params.id);
    response.attachment(`trace-${traceId}.json`).json(traces);
  });
  return router;
}
