import type { KubeClient } from './client.ts';
import { ApiError } from './errors.ts';
import { resourcePath } from './resources.ts';
import type { Resource } from './resources.ts';
import type { KubeList, KubeObject, Status, WatchEvent } from './types.ts';

/** What to list and watch. */
export interface ListWatchSource {
  client: KubeClient;
  resource: Resource;
  /** Absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface WatchRequest {
  /** Absent: the watch begins with the present objects and marks their end (Kubernetes 1.27 and newer, `sendInitialEvents`). */
  resourceVersion: string | undefined;
  /** Seconds after which the server ends the watch. */
  timeoutSeconds: number;
  /** Milliseconds without a line after which the connection counts as dead. Called for each line. */
  idleMs: () => number;
  signal: AbortSignal;
}

/** Annotation of the bookmark after a watch's initial objects. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Thrown when a watch was silent for too long. */
export class SilentWatchError extends Error {
  constructor(resource: Resource) {
    super(`watch ${resource.plural}: silent for too long, the connection counts as dead`);
    this.name = 'SilentWatchError';
  }
}

export const endsInitialEvents = (event: WatchEvent<KubeObject>): boolean =>
  event.type === 'BOOKMARK' && event.object.metadata.annotations?.[INITIAL_EVENTS_END] === 'true';

const selectors = ({ labelSelector, fieldSelector }: ListWatchSource): Record<string, string | undefined> => ({
  labelSelector,
  fieldSelector,
});

/**
 * The pages of a list, all of the same resource version. `limit` is the size of a page, 0 = one page. Throws as `KubeClient.request`: 410 if the
 * version expired before the last page was read.
 */
export async function* listPages<T extends KubeObject>(
  source: ListWatchSource,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<KubeList<T>> {
  const path = resourcePath(source.resource, { namespace: source.namespace });
  let next: string | undefined;
  do {
    const query = { ...selectors(source), ...(limit > 0 ? { limit } : {}), continue: next };
    const page = await source.client.request<KubeList<T>>('GET', path, { query, signal });
    yield page;
    next = page.metadata.continue || undefined;
  } while (next !== undefined);
}

/**
 * The events of one watch, in order, until the server ends it. Throws ApiError for an ERROR event (410 by event as well as by status),
 * ConnectionError when the connection breaks, SilentWatchError, and the signal's reason when that aborts.
 */
export async function* watchEvents<T extends KubeObject>(
  source: ListWatchSource,
  { resourceVersion, timeoutSeconds, idleMs, signal }: WatchRequest,
): AsyncGenerator<WatchEvent<T>> {
  const silent = new AbortController();
  const guard = (): NodeJS.Timeout =>
    setTimeout(() => silent.abort(new SilentWatchError(source.resource)), idleMs()).unref();
  let timer = guard();
  try {
    const initial = resourceVersion === undefined;
    const lines = await source.client.stream(resourcePath(source.resource, { namespace: source.namespace }), {
      query: {
        ...selectors(source),
        watch: true,
        allowWatchBookmarks: true,
        timeoutSeconds,
        resourceVersion,
        ...(initial ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } : {}),
      },
      signal: AbortSignal.any([signal, silent.signal]),
    });
    for await (const line of lines) {
      clearTimeout(timer);
      if (line.trim() !== '') yield parse<T>(source, line);
      timer = guard();
    }
    // A connection that we cut may look like a normal end.
    silent.signal.throwIfAborted();
    signal.throwIfAborted();
  } catch (error) {
    throw silent.signal.aborted ? silent.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

function parse<T>({ resource }: ListWatchSource, line: string): WatchEvent<T> {
  const event = JSON.parse(line) as WatchEvent<T>;
  if (event.type !== 'ERROR') return event;
  const status = event.object as unknown as Status;
  throw new ApiError(`watch ${resource.plural}`, status.code ?? 500, status);
}
