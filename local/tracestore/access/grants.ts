import { readLink } from './run-link.ts';
import { parseTraceId } from '../api/trace-id.ts';

/** The traces of one browser's cookie. More would make the Cookie header too long for servers on the same host. */
const MAX_GRANTS = 12;

const RULES = [
  /^\/(?:trace|api\/(?!compare\/|v3\/)[\w-]+)\/([0-9a-f]{1,32})(?:\/[^/]+)*\/?$/i,
  /^\/api\/v3\/traces\/([0-9a-f]{1,32})\/?$/i,
  /^\/(?:api\/)?compare\/([0-9a-f]{1,32})\/([0-9a-f]{1,32})\/?$/i,
];

/**
 * The traces that a request is about, undefined if it is about more than these. Every path `/api/NAME/TRACE` is about that trace alone, except
 * `compare`, which is about two; live events have it as a parameter, and a link `/r/LINK` in its word.
 */
export function tracesOf(path: string, query: Record<string, unknown>): string[] | undefined {
  const link = readLink(path);
  if (link) return [link.traceId];
  const { trace } = query;
  if (path === '/api/events')
    return typeof trace === 'string' && /^[0-9a-f]{1,32}$/i.test(trace) ? [parseTraceId(trace)] : undefined;
  for (const rule of RULES) {
    const found = rule.exec(path);
    if (found) return found.slice(1).map(parseTraceId);
  }
  return undefined;
}

/**
 * The traces that a cookie allows, with their tokens: `TRACE.TOKEN~TRACE.TOKEN`. What is neither is left out: every server of this host may write the
 * cookie, and it is sent back with one more trace.
 */
export function readGrants(cookie: string | undefined): Map<string, string> {
  const pairs = (cookie ?? '').split('~').map((pair) => /^([\w-]+)\.([\w-]+)$/.exec(pair) ?? []);
  return new Map(pairs.flatMap(([, traceId, token]) => (traceId && token ? [[traceId, token]] : [])));
}

/** The cookie with one more trace. The one that was added first is left out when there are too many. */
export function withGrant(cookie: string | undefined, traceId: string, token: string): string {
  const others = [...readGrants(cookie)].filter(([id]) => id !== traceId);
  return [...others, [traceId, token]]
    .slice(-MAX_GRANTS)
    .map((pair) => pair.join('.'))
    .join('~');
}
