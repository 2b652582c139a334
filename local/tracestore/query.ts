import express, { type Router } from 'express';
import type { TracesData } from '../../shared/otlp/types.ts';
import { buildWaterfall } from '../viewer/waterfall.ts';
import { HttpError } from './http-error.ts';
import { jaegerTrace } from './jaeger-trace.ts';
import type { TraceMemory } from './memory.ts';
import { parseTraceId } from './trace-id.ts';

/** The read side: a trace in Jaeger's two APIs, as a file, and the rows of the page. */
export function queryRouter(memory: TraceMemory): Router {
  const router = express.Router();
  const find = (id: string): { traceId: string; traces: TracesData } => {
    const traceId = parseTraceId(id);
    const traces = memory.get(traceId);
    if (!traces) throw new HttpError(404, `trace ${traceId} is not here: no span of it arrived, or it was evicted`);
    return { traceId, traces };
  };

  router.get('/api/traces/:id', (request, response) => {
    const { traceId, traces } = find(request.params.id);
    response.json({ data: [jaegerTrace(traceId, traces)], total: 0, limit: 0, offset: 0, errors: null });
  });
  router.get('/api/v3/traces/:id', (request, response) => {
    response.json({ result: find(request.params.id).traces });
  });
  router.get('/api/waterfall/:id', (request, response) => {
    const { traceId, traces } = find(request.params.id);
    response.json(buildWaterfall(traceId, traces));
  });
  router.get('/api/download/:id', (request, response) => {
    const { traceId, traces } = find(request.params.id);
    response.attachment(`trace-${traceId}.json`).json(traces);
  });
  return router;
}
