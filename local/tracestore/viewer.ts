import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import express from 'express';
import { listen } from '../../shared/runtime/listen.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { createAccess } from './access/access.ts';
import { answerError } from './api/answer-error.ts';
import { downloadRouter } from './api/download-api.ts';
import { eventsRouter } from './api/events.ts';
import { HttpError } from './api/http-error.ts';
import { listRouter, type HistorySource } from './api/list-api.ts';
import { onlyLoopback } from './access/only-loopback.ts';
import { assetsRouter, pageRouter, securityHeaders } from './api/page.ts';
import { queryRouter } from './api/query.ts';
import type { TraceSource } from './views/trace-source.ts';
import { createTraceTokens } from './access/trace-token.ts';
import { Views } from './views/views.ts';
import { waterfallRouter } from './api/waterfall-api.ts';

export interface ViewerOptions {
  source: TraceSource & HistorySource;
  /** Where people see the same traces in Jaeger, without a slash at the end. */
  jaegerUiUrl?: string;
  /** Default 0: any free one. */
  port?: number;
  /** What a browser has to present; random by default. */
  token?: string;
  log: Logger;
}

export interface Viewer {
  /** The address for a browser, with the token. */
  pageUrl: string;
  token: string;
  close(): Promise<void>;
}

/**
 * Serves the pages over traces that are elsewhere, on 127.0.0.1, read-only.
 * @throws when the port is taken.
 */
export async function startViewer(options: ViewerOptions): Promise<Viewer> {
  const { source, log, port = 0, token = randomBytes(24).toString('base64url') } = options;
  const events = eventsRouter([source]);
  const server = createServer();
  const bound = await listen(server, { port, host: '127.0.0.1' }, log);
  const traceTokens = createTraceTokens();
  const access = createAccess({ token, traceTokens, cookieName: `tektrace-${bound}`, hasTraces: false });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(securityHeaders, onlyLoopback, assetsRouter());
  const views = waterfallRouter(new Views(source), undefined);
  const downloads = downloadRouter({ source, jaegerUiUrl: options.jaegerUiUrl });
  app.use(access.reader, listRouter(source), queryRouter(source), downloads, views, events.router, pageRouter());
  app.use((request, _response, next) => next(new HttpError(404, `nothing is at ${request.path}`)));
  app.use(answerError(log));
  server.on('request', app);
  return {
    pageUrl: `http://127.0.0.1:${bound}/?token=${encodeURIComponent(token)}`,
    token,
    close: async () => {
      events.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
