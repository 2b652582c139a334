import { setTimeout as delay } from 'node:timers/promises';

import type { Answer, Json, RawClient, RequestOptions } from './client.ts';
import type { Hooks } from './hooks.ts';
import { resourcePathIn } from './paths.ts';
import type { PatchType, Session, Watch, WatchEvent } from './types.ts';

const EVENT_TIMEOUT_MS = 60_000;
const EVENTUALLY_TIMEOUT_MS = 90_000;
const POLL_MS = 25;
const shownHeaders = ['content-type', 'cache-control', 'warning', 'retry-after', 'allow', 'location'];

const patchTypes: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** What a session keeps of one request or observation. */
export interface Entry {
  what: string;
  status?: number;
  headers?: Record<string, Json>;
  body?: Json;
  events?: WatchEvent[];
  /** The stream was over. */
  ended?: boolean;
}

export interface SessionOptions {
  client: RawClient;
  namespace: string;
  hooks: Hooks;
  compact: () => Promise<void>;
}

export interface RecordingSession extends Session {
  entries: Entry[];
  /** Ends watches that the case left open. */
  close(): void;
}

export function entryOf(what: string, { status, headers, body }: Answer): Entry {
  const shown = shownHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]));
  return { what, status, headers: Object.fromEntries(shown) as Record<string, Json>, body };
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = new AbortController();
  const timeout = delay(EVENT_TIMEOUT_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`${what}: nothing came for ${EVENT_TIMEOUT_MS} ms`);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    late.abort();
    timeout.catch(() => undefined);
  }
}

export function createSession({ client, namespace, hooks, compact }: SessionOptions): RecordingSession {
  const entries: Entry[] = [];
  const open = new Set<() => void>();
  const at = (path: string): string => resourcePathIn(namespace, path);

  const methods = (keep: (entry: Entry) => void): Omit<Session['unrecorded'], never> & Pick<Session, 'send'> => {
    const send = async (method: string, path: string, options: RequestOptions = {}): Promise<Answer> => {
      const answer = await client.send(method, at(path), options);
      keep(entryOf(`${method} ${path}`, answer));
      return answer;
    };
    return {
      send,
      get: (path, options) => send('GET', path, options),
      post: (path, body, options) => send('POST', path, { ...options, body }),
      put: (path, body, options) => send('PUT', path, { ...options, body }),
      patch: (path, type, body, options) => send('PATCH', path, { contentType: patchTypes[type], ...options, body }),
      delete: (path, options) => send('DELETE', path, options),
    };
  };

  const watch = async (path: string, options?: RequestOptions): Promise<Watch> => {
    const query = path.includes('?') ? '&watch=true' : '?watch=true';
    const stream = await client.stream(at(path + query), options);
    open.add(() => stream.end());
    const entry: Entry = { ...entryOf(`WATCH ${path}`, stream.answer), events: [] };
    entries.push(entry);
    const next = async (): Promise<WatchEvent | undefined> => {
      const { value, done } = await within(stream.lines.next(), `WATCH ${path}`);
      if (done === true) {
        entry.ended = true;
        return undefined;
      }
      const event = JSON.parse(value) as WatchEvent;
      entry.events?.push(event);
      return event;
    };
    return {
      answer: stream.answer,
      async take(count) {
        const events: WatchEvent[] = [];
        while (events.length < count) {
          const event = await next();
          if (event === undefined) throw new Error(`WATCH ${path} ended after ${events.length} of ${count} events`);
          events.push(event);
        }
        return events;
      },
      async rest() {
        const events: WatchEvent[] = [];
        for (let event = await next(); event !== undefined; event = await next()) events.push(event);
        return events;
      },
      end: () => stream.end(),
    };
  };

  const eventually: Session['eventually'] = async (path, holds) => {
    const deadline = Date.now() + EVENTUALLY_TIMEOUT_MS;
    for (;;) {
      const answer = await client.send('GET', at(path));
      if (holds(answer)) {
        entries.push(entryOf(`EVENTUALLY ${path}`, answer));
        return answer;
      }
      if (Date.now() > deadline)
        throw new Error(`${path} did not become as expected: ${JSON.stringify(answer.body).slice(0, 500)}`);
      await delay(POLL_MS);
    }
  };

  return {
    namespace,
    entries,
    hooks,
    compact,
    ...methods((entry) => entries.push(entry)),
    unrecorded: methods(() => undefined),
    watch,
    eventually,
    record: (what, value) => entries.push({ what, body: value }),
    close: () => open.forEach((end) => end()),
  };
}
