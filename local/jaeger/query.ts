import { tracesFromJson } from '../../shared/otlp/decode-json.ts';
import { splitTraces } from '../../shared/otlp/split-traces.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { printableUpTo } from '../../shared/text/printable.ts';
import type { JaegerTrace } from '../tracestore/api/jaeger-trace.ts';
import { documents, isJson, MAX_REASON, messageOf, movedTo, PAGE_START, textOf } from './answer.ts';
import { distinctSpans } from './distinct.ts';
import { fromJaegerTrace } from './from-jaeger.ts';

/** Why Jaeger's answer is none, in one sentence for the user. */
export class JaegerQueryError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'JaegerQueryError';
  }
}

export interface JaegerSearch {
  service: string;
  /** Epoch milliseconds: spans that started between them. */
  fromMs: number;
  toMs: number;
  /** At most so many traces. */
  limit: number;
  /** Attributes of one span. `/api/v3` of Jaeger 2 knows no such condition, and answers as if there were none. */
  tags?: Record<string, string>;
}

/** Reads traces from a Jaeger query service (port 16686). It never writes. */
export interface JaegerQuery {
  /** Its address, without a slash at the end. */
  url: string;
  /** All spans of a trace; undefined if there are none. */
  trace(traceId: string, signal?: AbortSignal): Promise<TracesData | undefined>;
  /** Traces by id. */
  search(search: JaegerSearch, signal?: AbortSignal): Promise<Map<string, TracesData>>;
}

export interface JaegerQueryOptions {
  /** With a base path, if Jaeger has one. */
  url: string;
  /** Sent with each request, like `authorization`. */
  headers?: Record<string, string>;
  /** How an error of the connection is said. */
  reasonOf?: (error: unknown) => string;
  timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
/** This Jaeger does not have the path. */
const ABSENT = Symbol('absent');

/** The names of the parameters differ between Jaeger's versions; each takes those that it knows. */
function v3Parameters({ service, fromMs, toMs, limit }: JaegerSearch): URLSearchParams {
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  return new URLSearchParams({
    'query.service_name': service,
    'query.start_time_min': from,
    'query.start_time_max': to,
    'query.num_traces': String(limit),
    'query.serviceName': service,
    'query.startTimeMin': from,
    'query.startTimeMax': to,
    'query.searchDepth': String(limit),
  });
}

const v1Parameters = ({ service, fromMs, toMs, limit, tags }: JaegerSearch): URLSearchParams =>
  new URLSearchParams({
    service,
    start: String(fromMs * 1000),
    end: String(toMs * 1000),
    limit: String(limit),
    ...(tags && { tags: JSON.stringify(tags) }),
  });

export function createJaegerQuery(options: JaegerQueryOptions): JaegerQuery {
  const { headers = {}, timeoutMs = TIMEOUT_MS } = options;
  const { reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error)) } = options;
  const url = options.url.replace(/\/+$/, '');

  /** The title of the last page that came instead of an answer. */
  let title: string | undefined;

  /** The body of an answer; `ABSENT` for a path that this Jaeger does not have, undefined for a trace that it does not have. */
  const read = async (path: string, signal?: AbortSignal): Promise<string | typeof ABSENT | undefined> => {
    const limits = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
    let response: Response;
    let body: string;
    try {
      response = await fetch(`${url}${path}`, { headers, redirect: 'manual', signal: AbortSignal.any(limits) });
      body = await response.text();
    } catch (error) {
      signal?.throwIfAborted();
      const { cause } = error as { cause?: unknown };
      const timedOut = (error as Error).name === 'TimeoutError';
      const reason = timedOut ? `no answer within ${timeoutMs / 1000} s` : reasonOf(cause ?? error);
      throw new JaegerQueryError(`${url}: cannot be reached: ${reason}`, error);
    }
    const { status } = response;
    const moved = movedTo(response.headers.get('location'), url, path);
    if (moved !== undefined)
      throw new JaegerQueryError(`${url}: answered ${status}: it is at ${moved}: name that address`);
    if (status === 401 || status === 403 || (status >= 300 && status < 400))
      throw new JaegerQueryError(
        `${url}: answered ${status}${status < 400 ? ' and redirects' : ''}: it asks who you are: give its header with --jaeger-headers-file or JAEGER_QUERY_HEADERS`,
      );
    // An unknown path is answered with Jaeger's page and 200, and JSON may come as text/plain.
    if (!isJson(body)) {
      title = /<title[^>]*>([^<]*)/i.exec(body.slice(0, PAGE_START))?.[1];
      if (response.ok || status === 404) return ABSENT;
      throw new JaegerQueryError(`${url}: answered ${status}: ${textOf(body) || 'without a reason'}`);
    }
    if (status === 404) return undefined;
    if (!response.ok)
      throw new JaegerQueryError(`${url}: answered ${status}: ${printableUpTo(messageOf(body), MAX_REASON)}`);
    return body;
  };

  const parsed = (body: string): TracesData => {
    try {
      const parts = documents(body).map((document) => {
        const { result, error } = (document ?? {}) as { result?: unknown; error?: unknown };
        // An error of a streamed answer comes after its status.
        if (result === undefined)
          throw new Error(error ? printableUpTo(messageOf(JSON.stringify(document)), MAX_REASON) : 'it has no result');
        return tracesFromJson(result);
      });
      return distinctSpans({ resourceSpans: parts.flatMap(({ resourceSpans }) => resourceSpans) });
    } catch (error) {
      throw new JaegerQueryError(`${url}: its answer is no trace: ${(error as Error).message}`, error);
    }
  };

  type Read = Promise<TracesData | typeof ABSENT | undefined>;
  const readV3 = async (path: string, signal?: AbortSignal): Read => {
    const body = await read(path, signal);
    return typeof body === 'string' ? parsed(body) : body;
  };
  const readV1 = async (path: string, signal?: AbortSignal): Read => {
    const body = await read(path, signal);
    if (typeof body !== 'string') return body;
    try {
      const { data, errors } = JSON.parse(body) as { data: JaegerTrace[] | null; errors?: { msg?: string }[] | null };
      if (!data && errors?.[0]) throw new Error(printableUpTo(errors[0].msg ?? '', MAX_REASON));
      if (data && !Array.isArray(data)) throw new Error('its data is no list');
      const traces = (data ?? []).map(fromJaegerTrace);
      // Through the same checks as an answer in OTLP.
      const resourceSpans = traces.flatMap((trace) => trace.resourceSpans);
      return resourceSpans.length === 0 ? undefined : distinctSpans(tracesFromJson({ resourceSpans }));
    } catch (error) {
      throw new JaegerQueryError(`${url}: its answer is no trace: ${(error as Error).message}`, error);
    }
  };

  /** The first answer: Jaeger 1 may not have `/api/v3`, later ones may not have `/api`. */
  const firstOf = async (...reads: (() => Read)[]): Promise<TracesData | undefined> => {
    for (const one of reads) {
      const found = await one();
      if (found !== ABSENT) return found;
    }
    const page = printableUpTo(title ?? '', MAX_REASON);
    const isJaegers = page === '' || /jaeger/i.test(page);
    throw new JaegerQueryError(
      isJaegers
        ? `${url}: has neither /api/v3/traces nor /api/traces: is this a Jaeger query service (port 16686)? Its base path, if it has one, belongs to the address`
        : `${url}: answered with the page ${JSON.stringify(page)}, not with traces: if it asks who you are, give its header with --jaeger-headers-file or JAEGER_QUERY_HEADERS; is it a Jaeger query service (port 16686)?`,
    );
  };

  return {
    url,
    trace: (traceId, signal) =>
      firstOf(
        () => readV3(`/api/v3/traces/${traceId}`, signal),
        () => readV1(`/api/traces/${traceId}`, signal),
      ),
    search: async (search, signal) => {
      const v3 = (): Read => readV3(`/api/v3/traces?${v3Parameters(search).toString()}`, signal);
      const v1 = (): Read => readV1(`/api/traces?${v1Parameters(search).toString()}`, signal);
      const found = await (search.tags ? firstOf(v1, v3) : firstOf(v3, v1));
      return found ? splitTraces(found) : new Map<string, TracesData>();
    },
  };
}
