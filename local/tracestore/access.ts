import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { HttpError } from './http-error.ts';

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

function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function cookie(request: Request, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

export interface Access {
  /** `Authorization: Bearer <token>`, no cookie, so that no web page can send spans. */
  bearer: RequestHandler;
  /** The bearer token or the page's cookie. `?token=` on a GET sets the cookie and redirects to the address without it. */
  bearerOrCookie: RequestHandler;
}

/**
 * @param token what a client has to present
 * @param cookieName cookies are shared by all ports of a host, so the name must differ between stores that run side by side
 */
export function createAccess(token: string, cookieName: string): Access {
  const hasBearer = (request: Request): boolean => {
    const sent = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    return sent !== undefined && equal(sent, token);
  };
  const refusal = (how: string): HttpError => new HttpError(401, how, { 'WWW-Authenticate': 'Bearer' });
  return {
    bearer: (request, _response, next) => {
      next(
        hasBearer(request) ? undefined : refusal('send the trace store\'s token as "Authorization: Bearer <token>"'),
      );
    },
    bearerOrCookie: (request, response, next) => {
      const inUrl = request.query['token'];
      if (typeof inUrl === 'string' && request.method === 'GET' && equal(inUrl, token)) {
        response.cookie(cookieName, token, { httpOnly: true, sameSite: 'strict', path: '/' });
        const clean = request.path.replace(/^[/\\]+/, '/');
        // Browsers send no Strict cookie after a redirect from another site; a refresh starts here.
        if (request.headers['sec-fetch-site'] === 'cross-site') response.set('Refresh', `0; url=${clean}`).end();
        else response.redirect(302, clean);
        return;
      }
      const inCookie = cookie(request, cookieName);
      const known = hasBearer(request) || (inCookie !== undefined && equal(inCookie, token));
      next(known ? undefined : refusal('open the address that tektrace printed, it carries the token (?token=…)'));
    },
  };
}
