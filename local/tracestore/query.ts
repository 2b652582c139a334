import express, { type Request, type Router } from 'express';
import type { TracesData } from '../../shared/otlp/types.ts';
import { notHere } from './find-row.ts';
import { jaegerTrace } from './jaeger-trace.ts';
import { parseTraceId } from './trace-id.ts';
import type { TraceSource } from './trace-source.ts';

/** The read side for programs: a trace in Jaeger's two APIs, and as a file. */
export function queryRouter(source: Pick<TraceSource, 'get'>): Router {
  const router = express.Router();
  const find = async (request: Request<{ id: string }>): Promise<{ traceId: string; traces: TracesData }> => {
    const traceId = parseTraceId(request.params.id);
    const traces = await source.get(traceId);
    if (!traces) throw notHere(traceId);
    return { traceId, traces };
  };

  router.get('/api/traces/:id', async (request, response) => {
    const { traceId, traces } = await find(request);
    response.json({ data: [jaegerTrace(traceId, traces)], total: 0, limit: 0, offset: 0, errors: null });
  });
  router.get('/api/v3/traces/:id', async (request, response) => {
    response.json({ result: (await find(request)).traces });
  });
  router.get('/api/download/:id', async (request, response) => {
    const { traceId, traces } = await find(request);
    response.attachment(`trace-${traceId}.json`).json(traces);
  });
  return router;
}
