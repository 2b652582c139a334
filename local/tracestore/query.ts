import express, { type Request, type Router } from 'express';
import type { TracesData } from '../../shared/otlp/types.ts';
import { notHere } from './find-row.ts';
import { jaegerTrace } from './jaeger-trace.ts';
import type { TraceMemory } from './memory.ts';
import { parseTraceId } from './trace-id.ts';

/** The read side for programs: a trace in Jaeger's two APIs, and as a file. */
export function queryRouter(memory: TraceMemory): Router {
  const router = express.Router();
  const find = (request: Request<{ id: string }>): { traceId: string; traces: TracesData } => {
    const traceId = parseTraceId(request.params.id);
    const traces = memory.get(traceId);
    if (!traces) throw notHere(traceId);
    return { traceId, traces };
  };

  router.get('/api/traces/:id', (request, response) => {
    const { traceId, traces } = find(request);
    response.json({ data: [jaegerTrace(traceId, traces)], total: 0, limit: 0, offset: 0, errors: null });
  });
  router.get('/api/v3/traces/:id', (request, response) => {
    response.json({ result: find(request).traces });
  });
  router.get('/api/download/:id', (request, response) => {
    const { traceId, traces } = find(request);
    response.attachment(`trace-${traceId}.json`).json(traces);
  });
  return router;
}
