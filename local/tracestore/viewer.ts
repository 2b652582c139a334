import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { listen } from '../../shared/runtime/listen.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { createAccess } from './access/access.ts';
import { closeServer, createLocalApp } from './api/app.ts';
import { downloadRouter } from './api/download-api.ts';
import { eventsRouter } from './api/events.ts';
import { listRouter, type HistorySource } from './api/list-api.ts';
import { assetsRouter, pageRouter } from './api/page.ts';
import { queryRouter } from './api/query.ts';
import type { PageSource } from './views/page-source.ts';
import { createTraceTokens } from './access/trace-token.ts';
import { Views } from './views/views.ts';
import { waterfallRouter } from './api/waterfall-api.ts';

export interface ViewerOptions {
  source: PageSource & HistorySource;
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
  const handlers = [
    assetsRouter(),
    // All that follows is only for who may read it.
    access.reader,
    listRouter(source),
    queryRouter(source),
    downloadRouter({ source, jaegerUiUrl: options.jaegerUiUrl }),
    waterfallRouter(new Views(source), undefined),
    events.router,
    pageRouter(),
  ];
  server.on('request', createLocalApp(handlers, log));
  return {
    pageUrl: `http://127.0.0.1:${bound}/?token=${encodeURIComponent(token)}`,
    token,
    close: async () => {
      events.close();
      await closeServer(server);
    },
  };
}
