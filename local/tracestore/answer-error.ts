import type { ErrorRequestHandler } from 'express';
import type { Logger } from '../../shared/runtime/log.ts';
import { tracesOf } from './grants.ts';
import { asHttpError } from './http-error.ts';
import { loginPage } from './login-page.ts';

/** Answers errors as the two APIs of Jaeger do; a browser that may not see a page gets one that says how to get in. */
export function answerError(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status, message, headers } = asHttpError(error);
    if (status >= 500) log.error('trace store request failed', { path: request.path, error });
    response.status(status).set(headers);
    if (request.path.startsWith('/api/v3/')) response.json({ error: { httpCode: status, message } });
    else if (request.path.startsWith('/api/')) {
      response.json({ data: null, total: 0, limit: 0, offset: 0, errors: [{ code: status, msg: message }] });
    } else if (status === 401 && request.accepts(['text/plain', 'text/html']) === 'text/html') {
      const [traceId, ...more] = tracesOf(request.path, request.query) ?? [];
      response.type('text/html').send(loginPage(more.length > 0 ? undefined : traceId));
    } else response.type('text/plain').send(`${status}: ${message}\n`);
  };
}
