import type { RequestHandler } from 'express';
import { HttpError } from '../api/http-error.ts';

const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}

/**
 * Allows requests of this machine's programs and of the page itself. Requests that other web pages make the browser send are refused by
 * their Origin, and DNS rebinding (a foreign name for 127.0.0.1) by the Host.
 */
export const onlyLoopback: RequestHandler = (request, _response, next) => {
  const host = request.headers.host ?? '';
  if (!LOOPBACK_NAMES.has(hostName(host))) {
    next(new HttpError(403, `Host must be 127.0.0.1 or localhost, is ${JSON.stringify(host)}`));
    return;
  }
  const { origin } = request.headers;
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    next(new HttpError(403, `requests from the origin ${JSON.stringify(origin)} are not accepted`));
    return;
  }
  next();
};
