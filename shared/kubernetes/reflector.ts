import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '../runtime/log.ts';
import type { KubeClient } from './client.ts';
import { ApiError, isGone } from './errors.ts';
import { resourcePath } from './resources.ts';
import type { Resource } from './resources.ts';
import { Store } from './store.ts';
import type { IndexFunction } from './store.ts';
import { objectKey } from './types.ts';
import type { KubeList, KubeObject, Status, WatchEvent } from './types.ts';

const PAGE_SIZE = 500;
const WATCH_SECONDS = { min: 290, spread: 300 };
const IDLE_GRACE_MS = 30_000;
const BACKOFF_MS = { first: 500, max: 30_000 };
const HEALTHY_AFTER_MS = 120_000;
/** A watch that the server ends sooner than this, cleanly or not, is not opened again at once. */
const SHORT_ROUND_MS = 1_000;

/** Called in order, once the store holds the change. A deleted and re-created object (other UID) is a delete, then an add. */
export interface ReflectorHandler<T> {
  added(object: T): void;
  updated(object: T, before: T): void;
  deleted(last: T): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  client: KubeClient;
  resource: Resource;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  indexers?: Record<string, IndexFunction<T>>;
  /** What is kept of each object; bulk that nobody reads is dropped here. */
  transform?: (object: T) => T;
  log: Logger;
  random?: () => number;
  /** Waits `ms`, or until `signal` aborts. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const realSleep = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);

/** Keeps a Store equal to what the API server holds, for as long as it runs: list, then watch, again and again, whatever breaks. */
export class Reflector<T extends KubeObject> {
  readonly store: Store<T>;
  /** Resolves when the first complete list is in the store and handed on. */
  readonly synced: Promise<void>;
  /** Epoch milliseconds of the last answer or event from the API server. */
  lastContactMs = 0;
  readonly #options: ReflectorOptions<T>;
  readonly #handlers: ReflectorHandler<T>[] = [];
  #markSynced: () => void = () => undefined;
  #resourceVersion: string | undefined;
  #events = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.store = new Store<T>(options.indexers);
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
  }

  /** Handlers see every change from the first list on: add them before `run`. An exception in one is logged and stops nothing. */
  addHandler(handler: ReflectorHandler<T>): void {
    this.#handlers.push(handler);
  }

  /** Lists and watches until `signal` aborts; never gives up before. */
  async run(signal: AbortSignal): Promise<void> {
    const { random = Math.random, sleep = realSleep } = this.#options;
    let backoffMs = BACKOFF_MS.first;
    let relists = 0;
    while (!signal.aborted) {
      const startedMs = Date.now();
      const contactBefore = this.#events;
      const failure = await this.#round(signal);
      if (signal.aborted) return;
      const tookMs = Date.now() - startedMs;
      if (tookMs > HEALTHY_AFTER_MS || this.#events > contactBefore) backoffMs = BACKOFF_MS.first;
      // One expired version is nothing unusual; a server that answers so again and again is not to be asked without pause.
      relists = isGone(failure) ? relists + 1 : 0;
      if (relists === 1 || (failure === undefined && tookMs > SHORT_ROUND_MS)) continue;
      if (failure !== undefined) this.#report(failure, backoffMs);
      await sleep(backoffMs * (0.5 + random()), signal);
      backoffMs = Math.min(backoffMs * 2, BACKOFF_MS.max);
    }
  }

  /** One list (where it is due) and one watch, to its end; what ended it, where that was no clean end. */
  async #round(signal: AbortSignal): Promise<unknown> {
    try {
      if (this.#resourceVersion === undefined) await this.#list(signal);
      await this.#watch(signal);
      return undefined;
    } catch (error) {
      if (isGone(error)) this.#resourceVersion = undefined;
      return error;
    }
  }

  #report(error: unknown, inMs: number): void {
    const { log, resource } = this.#options;
    log.warn('list or watch failed, trying again', { resource: resource.plural, error, inMs: Math.round(inMs) });
  }

  #query(): Record<string, string | undefined> {
    return { labelSelector: this.#options.labelSelector, fieldSelector: this.#options.fieldSelector };
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, resource, namespace } = this.#options;
    const path = resourcePath(resource, { namespace });
    const seen = new Set<string>();
    const items: T[] = [];
    let page: KubeList<T> | undefined;
    do {
      const query = { ...this.#query(), limit: PAGE_SIZE, continue: page?.metadata.continue };
      page = await client.request<KubeList<T>>('GET', path, { query, signal });
      this.lastContactMs = Date.now();
      items.push(...page.items);
    } while (page.metadata.continue);
    for (const item of items) {
      const object = this.#named(item);
      seen.add(objectKey(object.metadata));
      this.#put(object);
    }
    for (const key of this.store.keys()) if (!seen.has(key)) this.#remove(key);
    this.#resourceVersion = page.metadata.resourceVersion;
    this.#markSynced();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, resource, namespace, random = Math.random } = this.#options;
    const timeoutSeconds = Math.round(WATCH_SECONDS.min + random() * WATCH_SECONDS.spread);
    const idle = new AbortController();
    const guard = setTimeout(
      () => idle.abort(new Error('watch outlived its time')),
      timeoutSeconds * 1000 + IDLE_GRACE_MS,
    );
    guard.unref();
    const query = {
      ...this.#query(),
      watch: true,
      allowWatchBookmarks: true,
      timeoutSeconds,
      resourceVersion: this.#resourceVersion,
    };
    try {
      const lines = await client.stream(resourcePath(resource, { namespace }), {
        query,
        signal: AbortSignal.any([signal, idle.signal]),
      });
      for await (const line of lines) {
        if (line.trim() === '') continue;
        this.lastContactMs = Date.now();
        this.#event(JSON.parse(line) as WatchEvent<T>);
      }
    } finally {
      clearTimeout(guard);
    }
  }

  #event(event: WatchEvent<T>): void {
    if (event.type === 'ERROR') {
      const status = event.object as unknown as Status;
      throw new ApiError(`watch ${this.#options.resource.plural}`, status.code ?? 500, status);
    }
    this.#events += 1;
    if (event.type === 'DELETED') this.#remove(objectKey(event.object.metadata), this.#named(event.object));
    else if (event.type !== 'BOOKMARK') this.#put(this.#named(event.object));
    this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
  }

  /** List items carry neither kind nor apiVersion. */
  #named(object: T): T {
    const { group, version, kind } = this.#options.resource;
    const named = { ...object, apiVersion: group === '' ? version : `${group}/${version}`, kind };
    return this.#options.transform ? this.#options.transform(named) : named;
  }

  #put(object: T): void {
    const key = objectKey(object.metadata);
    const before = this.store.get(key);
    if (before && before.metadata.uid !== object.metadata.uid) this.#remove(key);
    this.store.set(object);
    const current = before?.metadata.uid === object.metadata.uid ? before : undefined;
    if (current?.metadata.resourceVersion === object.metadata.resourceVersion && current) return;
    this.#tell((handler) => (current ? handler.updated(object, current) : handler.added(object)));
  }

  #remove(key: string, last = this.store.get(key)): void {
    if (!this.store.get(key) || !last) return;
    this.store.delete(key);
    this.#tell((handler) => handler.deleted(last));
  }

  #tell(call: (handler: ReflectorHandler<T>) => void): void {
    for (const handler of this.#handlers) {
      try {
        call(handler);
      } catch (error) {
        this.#options.log.error('an event handler failed', { resource: this.#options.resource.plural, error });
      }
    }
  }
}
