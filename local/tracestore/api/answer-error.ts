import type { ErrorRequestHandler } from 'express';
import type { Logger } from '../../../shared/runtime/log.ts';
import { asHttpError } from './http-error.ts';

/** Answers errors as the two APIs of Jaeger do; a browser gets the error's page, if it has one. */
export function answerError(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status, message, headers, html } = asHttpError(error);
    if (status >= 500) log.error('trace store request failed', { path: request.path, error });
    response.status(status).set(headers);
    if (request.path.startsWith('/api/v3/')) response.json({ error: { httpCode: status, message } });
    else if (request.path.startsWith('/api/')) {
      response.json({ data: null, total: 0, limit: 0, offset: 0, errors: [{ code: status, msg: message }] });
    } else if (html !== undefined && request.accepts(['text/plain', 'text/html']) === 'text/html')
      response.type('text/html').send(html);
    else response.type('text/plain').send(`${status}: ${message}\n`);
  };
}
