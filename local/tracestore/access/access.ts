import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { readGrants, tracesOf, withGrant } from './grants.ts';
import { HttpError } from '../api/http-error.ts';
import { loginPage } from './login-page.ts';
import { readLink } from './run-link.ts';
import type { TraceTokens } from './trace-token.ts';

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
  /** Whether the traces end with this process. */
  hasTraces: boolean;
}

const HOW = 'open the address that Tektrace printed, it carries the token';
const STALE = `this token is from a Tektrace that has ended, or it is not complete: ${HOW}`;

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

/** Who may send, and who may read what: checks of requests, which answer 401 with how to get in. */
export function createAccess({ token, traceTokens, cookieName, hasTraces }: AccessOptions): Access {
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
  const refusal = (how: string, html?: string): HttpError =>
    new HttpError(401, how, { 'WWW-Authenticate': 'Bearer' }, html);
  /** Whether a refused request has a token: only an earlier process on this port, or a longer address, can have had it. */
  const isStale = (request: Request, sent: unknown, traceId: string | undefined): boolean =>
    sent !== undefined ||
    cookie(request, cookieName) !== undefined ||
    (traceId !== undefined && readGrants(cookie(request, grantsName)).has(traceId));
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
      const only = traceIds?.length === 1 ? traceIds[0] : undefined;
      if (typeof sent === 'string' && equal(sent, token)) keep(response, cookieName, token);
      else if (typeof sent === 'string' && only !== undefined && traceTokens.allows(only, sent))
        keep(response, grantsName, withGrant(cookie(request, grantsName), only, sent));
      else {
        if (sees(request, traceIds)) {
          if (sent === undefined) next();
          else redirectWithoutToken(request, response);
          return;
        }
        const stale = isStale(request, sent, only);
        next(refusal(stale ? STALE : HOW, loginPage({ traceId: only, isStale: stale, hasTraces })));
        return;
      }
      redirectWithoutToken(request, response);
    },
  };
}
