import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '../runtime/log.ts';
import type { KubeClient } from './client.ts';
import { ApiError, isForbidden, isGone, isNotFound } from './errors.ts';
import { endsInitialEvents, listPages, SilentWatchError, watchEvents } from './list-watch.ts';
import type { Resource } from './resources.ts';
import { Store } from './store.ts';
import type { IndexFunction } from './store.ts';
import { objectKey } from './types.ts';
import type { KubeObject, WatchEvent } from './types.ts';

const PAGE_SIZE = 500;
const WATCH_SECONDS = { min: 290, spread: 300 };
/** kube-apiserver sends a bookmark every one to two minutes (observed on 1.36): without two of them a watch counts as dead. */
const IDLE_MS = 240_000;
/** Longest time of a streamed list. A server without `sendInitialEvents` never ends one: after two such lists, lists are paged. */
const INITIAL_MS = 30_000;
const MAX_UNENDED = 2;
/** client-go's longest pause is 30 s. Here it is shorter: after a long absence of the API server, one kind must not be known long before another. */
const BACKOFF_MS = { first: 500, max: 10_000 };
/**
 * Pause before an optional kind that was not served, or was forbidden, is listed again. A kind that was there before has shorter pauses at first: a server
 * that starts does not know all kinds and rights yet.
 */
const ABSENT_MS = 60_000;
const HEALTHY_AFTER_MS = 120_000;
/** A watch that ends sooner than this is opened again only after a pause. */
const SHORT_ROUND_MS = 1_000;

/** Called in order, after the change of the store. A deleted and re-created object (other UID) is a delete, then an add. */
export interface ReflectorHandler<T> {
  added(object: T): void;
  updated(object: T, before: T): void;
  deleted(last: T): void;
}

/** Reports of a reflector, for metrics. */
export interface ReflectorObserver {
  /** A complete list came, paged or streamed. */
  listed(items: number, tookMs: number): void;
  /** A watch was opened. */
  watched(): void;
  /** An event came: ADDED, MODIFIED, DELETED, BOOKMARK. */
  event(type: string): void;
  failed(kind: 'list' | 'watch'): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  client: KubeClient;
  resource: Resource;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  indexers?: Record<string, IndexFunction<T>>;
  /** Reduces each object before it is stored, to fields that are read. Undefined: the object is not stored, and no handler is called. */
  transform?: (object: T) => T | undefined;
  /** Maximum number of objects in the store. Past it, the object that has not changed for longest is dropped, without a call of a handler. */
  maxObjects?: number;
  /** The API server may not serve the kind (404), or forbid to read it (403): then `synced` resolves, and the list is tried again once a minute. */
  optional?: boolean;
  observer?: ReflectorObserver;
  log: Logger;
  random?: () => number;
  nowMs?: () => number;
  /** Waits `ms`, or until `signal` aborts. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const realSleep = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);

/** Keeps a Store equal to the API server: lists, then watches, and retries after every failure. */
export class Reflector<T extends KubeObject> {
  readonly store: Store<T>;
  /** Resolves when the first complete list is in the store and the handlers were called. */
  readonly synced: Promise<void>;
  /** Time of the last response or event of the API server, in milliseconds since the epoch. */
  lastContactMs = 0;
  readonly #options: ReflectorOptions<T>;
  readonly #nowMs: () => number;
  readonly #handlers: ReflectorHandler<T>[] = [];
  #markSynced: () => void = () => undefined;
  /** Start of the next watch; undefined: a list is due. */
  #resourceVersion: string | undefined;
  /** Whether the next list is paged, because the last streamed one was incomplete. */
  #byPages = false;
  /** Number of consecutive streamed lists that did not end in time. A refusal sets it to the maximum. */
  #unended = 0;
  #pageSize = PAGE_SIZE;
  #events = 0;
  #forbidden = false;
  /** Whether a complete list has come. */
  #isKnown = false;
  /** How often in a row a known kind was not there. */
  #absences = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.store = new Store<T>(options.indexers, options.maxObjects);
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
  }

  /** Handlers get every change, from the first list on: add them before `run`. An exception in a handler is logged and stops nothing. */
  addHandler(handler: ReflectorHandler<T>): void {
    this.#handlers.push(handler);
  }

  /** Lists and watches until `signal` aborts. Never throws before. */
  async run(signal: AbortSignal): Promise<void> {
    const { random = Math.random, sleep = realSleep } = this.#options;
    let backoffMs = BACKOFF_MS.first;
    let relists = 0;
    while (!signal.aborted) {
      const startedMs = this.#nowMs();
      const contactBefore = this.#events;
      const byPages = this.#byPages;
      const failure = await this.#round(signal);
      if (signal.aborted) return;
      if (this.#isAbsent(failure)) {
        const pauseMs = this.#isKnown ? Math.min(BACKOFF_MS.first * 2 ** this.#absences++, ABSENT_MS) : ABSENT_MS;
        this.#absent(failure, pauseMs);
        await sleep(pauseMs * (0.5 + random()), signal);
        continue;
      }
      this.#absences = 0;
      const tookMs = this.#nowMs() - startedMs;
      if (tookMs > HEALTHY_AFTER_MS || this.#events > contactBefore) backoffMs = BACKOFF_MS.first;
      if (this.#byPages && !byPages) continue;
      // One expired version is normal. After several in a row there is a pause.
      relists = isGone(failure) ? relists + 1 : 0;
      if (relists === 1 || (failure === undefined && tookMs > SHORT_ROUND_MS)) continue;
      if (failure !== undefined) this.#report(failure, backoffMs);
      await sleep(backoffMs * (0.5 + random()), signal);
      backoffMs = Math.min(backoffMs * 2, BACKOFF_MS.max);
    }
  }

  /** One list, if it is due, and one watch until its end. Returns the error that ended it; undefined after a clean end. */
  async #round(signal: AbortSignal): Promise<unknown> {
    try {
      if (this.#resourceVersion === undefined && this.#byPages) await this.#list(signal);
      await this.#watch(signal);
      return undefined;
    } catch (error) {
      if (!signal.aborted && !this.#isAbsent(error))
        this.#options.observer?.failed(this.#resourceVersion === undefined ? 'list' : 'watch');
      if (isGone(error)) this.#resourceVersion = undefined;
      return error;
    }
  }

  /** What is there is kept: a server that starts may not know a kind yet that it has served before. */
  #isAbsent(error: unknown): boolean {
    return this.#options.optional === true && (isNotFound(error) || isForbidden(error));
  }

  #absent(error: unknown, pauseMs: number): void {
    this.#markSynced();
    if (!isForbidden(error) || this.#forbidden || pauseMs < ABSENT_MS) return;
    this.#forbidden = true;
    const { log, resource } = this.#options;
    log.warn('this kind may not be read: what it would show is left out', { resource: resource.plural, error });
  }

  #report(error: unknown, inMs: number): void {
    const { log, resource } = this.#options;
    log.warn('list or watch failed, trying again', { resource: resource.plural, error, inMs: Math.round(inMs) });
  }

  async #list(signal: AbortSignal): Promise<void> {
    const startedMs = this.#nowMs();
    const found = new Map<string, T>();
    let version: string | undefined;
    try {
      for await (const page of listPages<T>(this.#options, this.#pageSize, signal)) {
        this.lastContactMs = this.#nowMs();
        for (const item of page.items) this.#collect(found, { type: 'ADDED', object: item });
        version = page.metadata.resourceVersion;
      }
    } catch (error) {
      // The version expired before the last page: the next list is one page, as in client-go.
      this.#pageSize = isGone(error) ? 0 : PAGE_SIZE;
      throw error;
    }
    this.#pageSize = PAGE_SIZE;
    this.#byPages = this.#unended >= MAX_UNENDED;
    this.#replace(found, version, startedMs);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { random = Math.random, observer } = this.#options;
    const startedMs = this.#nowMs();
    let initial = this.#resourceVersion === undefined ? new Map<string, T>() : undefined;
    const events = watchEvents<T>(this.#options, {
      resourceVersion: this.#resourceVersion,
      timeoutSeconds: Math.round(WATCH_SECONDS.min + random() * WATCH_SECONDS.spread),
      idleMs: () => (initial ? Math.max(0, startedMs + INITIAL_MS - this.#nowMs()) : IDLE_MS),
      signal,
    });
    observer?.watched();
    try {
      for await (const event of events) {
        this.lastContactMs = this.#nowMs();
        observer?.event(event.type);
        if (!initial) this.#event(event);
        else if (!endsInitialEvents(event)) this.#collect(initial, event);
        else {
          this.#replace(initial, event.object.metadata.resourceVersion, startedMs);
          initial = undefined;
          this.#unended = 0;
        }
      }
    } catch (error) {
      const refused = error instanceof ApiError && (error.status === 400 || error.status === 422);
      if (!initial || !(refused || error instanceof SilentWatchError)) throw error;
      this.#unended = refused ? MAX_UNENDED : this.#unended + 1;
    }
    if (initial) this.#byPages = true;
  }

  /** Adds an object of a list, or an event of a streamed one, to `found`. */
  #collect(found: Map<string, T>, { type, object }: WatchEvent<T>): void {
    const kept = type === 'DELETED' || type === 'BOOKMARK' ? undefined : this.#named(object);
    if (kept) found.set(objectKey(object.metadata), kept);
    else if (type === 'DELETED') found.delete(objectKey(object.metadata));
  }

  /** Replaces the store's content with a complete list. */
  #replace(found: Map<string, T>, resourceVersion: string | undefined, startedMs: number): void {
    for (const key of this.store.keys()) if (!found.has(key)) this.#remove(key);
    for (const object of found.values()) this.#put(object);
    this.#resourceVersion = resourceVersion;
    this.#isKnown = true;
    this.#options.observer?.listed(found.size, this.#nowMs() - startedMs);
    this.#markSynced();
  }

  #event({ type, object }: WatchEvent<T>): void {
    this.#events += 1;
    const kept = type === 'BOOKMARK' ? undefined : this.#named(object);
    if (type === 'DELETED') this.#remove(objectKey(object.metadata), kept);
    else if (kept) this.#put(kept);
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
  }

  /** The object with kind and apiVersion, which list items do not have, and after the transform. One at which that fails is left out: it must not stop the watch. */
  #named(object: T): T | undefined {
    const { resource, transform, log } = this.#options;
    const { group, version, kind } = resource;
    const named = { ...object, apiVersion: group === '' ? version : `${group}/${version}`, kind };
    try {
      return transform ? transform(named) : named;
    } catch (error) {
      const { namespace, name } = object.metadata;
      log.error("an object can't be read, it is left out", { resource: resource.plural, namespace, name, error });
      return undefined;
    }
  }

  #put(object: T): void {
    const key = objectKey(object.metadata);
    const before = this.store.get(key);
    if (before && before.metadata.uid !== object.metadata.uid) this.#remove(key);
    this.store.set(object);
    const current = before?.metadata.uid === object.metadata.uid ? before : undefined;
    if (current?.metadata.resourceVersion === object.metadata.resourceVersion && current) return;
    this.#notify((handler) => (current ? handler.updated(object, current) : handler.added(object)));
  }

  #remove(key: string, last = this.store.get(key)): void {
    if (!this.store.get(key) || !last) return;
    this.store.delete(key);
    this.#notify((handler) => handler.deleted(last));
  }

  #notify(call: (handler: ReflectorHandler<T>) => void): void {
    for (const handler of this.#handlers) {
      try {
        call(handler);
      } catch (error) {
        this.#options.log.error('an event handler failed', { resource: this.#options.resource.plural, error });
      }
    }
  }
}
