import express, { type Router } from 'express';
import { perfettoTrace } from '../../viewer/download/perfetto.ts';
import { waterfallSvg } from '../../viewer/download/svg.ts';
import { findWaterfall } from './find-trace.ts';
import { parseTraceId } from './trace-id.ts';
import type { PageSource } from '../views/page-source.ts';

export interface DownloadOptions {
  source: Pick<PageSource, 'get'>;
  /** Where people see the same traces in Jaeger, without a slash at the end. */
  jaegerUiUrl?: string | undefined;
}

/**
 * A trace in other forms, and elsewhere:
 *
 * | GET | gives |
 * |---|---|
 * | `/api/perfetto/ID` | the Trace Event Format, for ui.perfetto.dev |
 * | `/api/svg/ID` | a picture of the waterfall |
 * | `/api/links/ID` | `{"jaeger": URL}`, if a Jaeger is known |
 */
export function downloadRouter({ source, jaegerUiUrl }: DownloadOptions): Router {
  const router = express.Router();
  router.get('/api/perfetto/:id', async (request, response) => {
    const waterfall = await findWaterfall(source, request.params.id);
    response.attachment(`trace-${waterfall.traceId}.perfetto.json`).json(perfettoTrace(waterfall));
  });
  router.get('/api/svg/:id', async (request, response) => {
    const waterfall = await findWaterfall(source, request.params.id);
    response.attachment(`trace-${waterfall.traceId}.svg`).type('image/svg+xml').send(waterfallSvg(waterfall));
  });
  router.get('/api/links/:id', (request, response) => {
    const traceId = parseTraceId(request.params.id);
    response.json(jaegerUiUrl === undefined ? {} : { jaeger: `${jaegerUiUrl}/trace/${traceId}` });
  });
  return router;
}
