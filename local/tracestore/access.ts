import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { readGrants, tracesOf, withGrant } from './grants.ts';
import { HttpError } from './http-error.ts';
import { readLink } from './run-link.ts';
import type { TraceTokens } from './trace-token.ts';

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
  /**
   * The bearer token, or a cookie: the page's for everything, or that of links to single traces. `?token=` on a GET, or `/r/LINK`, sets the
   * cookie and redirects to the address without the token.
   */
  reader: RequestHandler;
}

export interface AccessOptions {
  /** What a client has to present to read everything. */
  token: string;
  /** Tokens of single traces. */
  traceTokens: TraceTokens;
  /** Cookies are shared by all ports of a host, so the name must differ between stores that run side by side. */
  cookieName: string;
}

const HOW = 'open the address that Tektrace printed, it carries the token';

/** Shows the address without its token, so that no bookmark, history or Referer has it. */
function redirectWithoutToken(request: Request, response: Response): void {
  const query = new URLSearchParams(request.originalUrl.split('?')[1] ?? '');
  query.delete('token');
  const link = readLink(request.path);
  const path = link ? `/trace/${link.traceId}` : request.path.replace(/^[/\\]+/, '/');
  const clean = query.size > 0 ? `${path}?${query.toString()}` : path;
  // Browsers send no Strict cookie after a redirect from another site; a refresh starts here.
  if (request.headers['sec-fetch-site'] === 'cross-site') response.set('Refresh', `0; url=${clean}`).end();
  else response.redirect(302, clean);
}

export function createAccess({ token, traceTokens, cookieName }: AccessOptions): Access {
  const grantsName = `${cookieName}-runs`;
  const hasBearer = (request: Request): boolean => {
    const sent = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    return sent !== undefined && equal(sent, token);
  };
  const seesAll = (request: Request): boolean => {
    const sent = cookie(request, cookieName);
    return hasBearer(request) || (sent !== undefined && equal(sent, token));
  };
  const sees = (request: Request, traceIds: string[] | undefined): boolean => {
    if (seesAll(request)) return true;
    const grants = readGrants(cookie(request, grantsName));
    return traceIds?.every((id) => traceTokens.allows(id, grants.get(id) ?? '')) ?? false;
  };
  const refusal = (how: string): HttpError => new HttpError(401, how, { 'WWW-Authenticate': 'Bearer' });
  const keep = (response: Response, name: string, value: string): void => {
    response.cookie(name, value, { httpOnly: true, sameSite: 'strict', path: '/', encode: String });
  };
  return {
    bearer: (request, _response, next) => {
      next(
        hasBearer(request) ? undefined : refusal('send the trace store\'s token as "Authorization: Bearer <token>"'),
      );
    },
    reader: (request, response, next) => {
      const traceIds = tracesOf(request.path, request.query);
      const sent = request.method === 'GET' ? (readLink(request.path)?.token ?? request.query['token']) : undefined;
      const [traceId, ...others] = traceIds ?? [];
      if (typeof sent === 'string' && equal(sent, token)) keep(response, cookieName, token);
      else if (
        typeof sent === 'string' &&
        traceId !== undefined &&
        others.length === 0 &&
        traceTokens.allows(traceId, sent)
      )
        keep(response, grantsName, withGrant(cookie(request, grantsName), traceId, sent));
      else {
        if (!sees(request, traceIds)) next(refusal(HOW));
        else if (sent !== undefined) redirectWithoutToken(request, response);
        else next();
        return;
      }
      redirectWithoutToken(request, response);
    },
  };
}
