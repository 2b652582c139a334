import type { Server } from 'node:http';
import express, { type Express, type RequestHandler } from 'express';
import type { Logger } from '../../../shared/runtime/log.ts';
import { onlyLoopback } from '../access/only-loopback.ts';
import { answerError } from './answer-error.ts';
import { HttpError } from './http-error.ts';
import { securityHeaders } from './page.ts';

/** An app for programs and browsers of this machine. What none of `handlers` answers is 404. */
export function createLocalApp(handlers: RequestHandler[], log: Logger): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(securityHeaders, onlyLoopback, ...handlers);
  app.use((request, _response, next) => next(new HttpError(404, `nothing is at ${request.path}`)));
  app.use(answerError(log));
  return app;
}

/** Stops listening, and ends all connections. Resolves when there is none. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
