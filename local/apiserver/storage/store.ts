import type { KubeObject } from '../object.ts';
import { createOwnerIndex } from './owner-index.ts';
import type { StoredObject } from './stored-object.ts';

export interface StoredEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  revision: number;
  object: KubeObject;
  /** The object before: a watch with a selector needs it to see which objects enter and leave. */
  previous: KubeObject | undefined;
}

type Listener = (event: StoredEvent) => void;

interface Shelf {
  objects: Map<string, KubeObject>;
  history: StoredEvent[];
  /** Events up to this revision are no longer kept. */
  compactedTo: number;
  listeners: Set<Listener>;
}

interface Delivery {
  storageKey: string;
  listeners: Set<Listener>;
  event: StoredEvent;
}

/** Objects in memory, one revision counter for all of them, and each resource's last events for resumed watches. */
export interface Store {
  revision(): number;
  get(storageKey: string, namespace: string | undefined, name: string): KubeObject | undefined;
  /** Sorted by namespace, then by name. */
  list(storageKey: string, namespace?: string): KubeObject[];
  /** The same at an earlier revision, undefined if that is no longer known. */
  listAt(storageKey: string, namespace: string | undefined, revision: number): KubeObject[] | undefined;
  /** Stores `object` under its own namespace and name with the next resourceVersion; returns what was stored. */
  put(storageKey: string, object: KubeObject): KubeObject;
  /** Removes it; the result has the resourceVersion of the removal, like a DELETED event. */
  remove(storageKey: string, object: KubeObject): KubeObject;
  /** Events after `revision`, or undefined when some of them are no longer kept. */
  eventsSince(storageKey: string, revision: number): StoredEvent[] | undefined;
  subscribe(storageKey: string, listener: Listener): () => void;
  subscribeAll(listener: (storageKey: string, event: StoredEvent) => void): () => void;
  byUid(uid: string): StoredObject | undefined;
  ownedBy(uid: string): StoredObject[];
  storageKeys(): string[];
  /** Converts stored objects, without a new resourceVersion and without events. */
  reread(storageKey: string, read: (object: KubeObject) => KubeObject): void;
  /** Forgets a resource (its CustomResourceDefinition is gone) and ends its watches' history. */
  drop(storageKey: string): void;
  /** Drops the history, as etcd's compaction does. */
  compact(): void;
}

export interface StoreOptions {
  /** Events kept for each resource. */
  maxHistory?: number;
}

/** Each event holds a whole object, some 30 kB for a run. A watch that is further behind lists again. */
const DEFAULT_MAX_HISTORY = 500;
/** A kube-apiserver has written its own objects, and compacted the first versions, before it serves. */
const FIRST_REVISION = 2;

export function objectKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function keyOf(object: KubeObject): string {
  return objectKey(object.metadata.namespace, object.metadata.name ?? '');
}

function byKey(a: KubeObject, b: KubeObject): number {
  const left = keyOf(a);
  const right = keyOf(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function inNamespace(objects: Iterable<KubeObject>, namespace: string | undefined): KubeObject[] {
  const all = [...objects];
  return (namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace)).sort(byKey);
}

export function createStore({ maxHistory = DEFAULT_MAX_HISTORY }: StoreOptions = {}): Store {
  const shelves = new Map<string, Shelf>();
  const everywhere = new Set<(storageKey: string, event: StoredEvent) => void>();
  const owners = createOwnerIndex();
  const undelivered: Delivery[] = [];
  let delivering = false;
  let revision = FIRST_REVISION;
  let compactedTo = FIRST_REVISION;

  const shelfOf = (storageKey: string): Shelf => {
    const known = shelves.get(storageKey);
    if (known !== undefined) return known;
    const fresh: Shelf = { objects: new Map(), history: [], compactedTo, listeners: new Set() };
    shelves.set(storageKey, fresh);
    return fresh;
  };

  /** Each event goes to all listeners before the next one, even if a listener writes. */
  const deliver = (): void => {
    if (delivering) return;
    delivering = true;
    try {
      for (let next = undelivered.shift(); next !== undefined; next = undelivered.shift()) {
        for (const listener of [...next.listeners]) listener(next.event);
        for (const listener of [...everywhere]) listener(next.storageKey, next.event);
      }
    } finally {
      delivering = false;
    }
  };

  const publish = (storageKey: string, shelf: Shelf, event: StoredEvent): void => {
    shelf.history.push(event);
    if (shelf.history.length > maxHistory) {
      const dropped = shelf.history.splice(0, shelf.history.length - maxHistory);
      shelf.compactedTo = dropped.at(-1)?.revision ?? shelf.compactedTo;
    }
    undelivered.push({ storageKey, listeners: shelf.listeners, event });
    deliver();
  };

  const atRevision = (object: KubeObject, at: number): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(at) },
  });

  return {
    revision: () => revision,
    get: (storageKey, namespace, name) => shelves.get(storageKey)?.objects.get(objectKey(namespace, name)),
    list: (storageKey, namespace) => inNamespace(shelves.get(storageKey)?.objects.values() ?? [], namespace),
    listAt(storageKey, namespace, at) {
      const shelf = shelfOf(storageKey);
      if (at < shelf.compactedTo) return undefined;
      const objects = new Map(shelf.objects);
      for (const event of shelf.history.toReversed()) {
        if (event.revision <= at) break;
        if (event.previous === undefined) objects.delete(keyOf(event.object));
        else objects.set(keyOf(event.object), event.previous);
      }
      return inNamespace(objects.values(), namespace);
    },
    put(storageKey, object) {
      const shelf = shelfOf(storageKey);
      const stored = atRevision(object, ++revision);
      const key = keyOf(stored);
      const previous = shelf.objects.get(key);
      shelf.objects.set(key, stored);
      owners.replace({ storageKey, object: stored }, previous);
      publish(storageKey, shelf, {
        type: previous === undefined ? 'ADDED' : 'MODIFIED',
        revision,
        object: stored,
        previous,
      });
      return stored;
    },
    remove(storageKey, object) {
      const shelf = shelfOf(storageKey);
      const previous = shelf.objects.get(keyOf(object));
      shelf.objects.delete(keyOf(object));
      const removed = atRevision(object, ++revision);
      owners.remove(object);
      publish(storageKey, shelf, { type: 'DELETED', revision, object: removed, previous });
      return removed;
    },
    eventsSince(storageKey, since) {
      const shelf = shelfOf(storageKey);
      return since < shelf.compactedTo ? undefined : shelf.history.filter((event) => event.revision > since);
    },
    subscribe(storageKey, listener) {
      const { listeners } = shelfOf(storageKey);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    subscribeAll(listener) {
      everywhere.add(listener);
      return () => everywhere.delete(listener);
    },
    byUid: (uid) => owners.byUid(uid),
    ownedBy: (uid) => owners.ownedBy(uid),
    storageKeys: () => [...shelves.keys()],
    reread(storageKey, read) {
      const { objects } = shelfOf(storageKey);
      for (const [key, object] of objects) {
        const next = read(object);
        if (next === object) continue;
        objects.set(key, next);
        owners.replace({ storageKey, object: next }, object);
      }
    },
    drop(storageKey) {
      const shelf = shelfOf(storageKey);
      shelf.history = [];
      shelf.compactedTo = ++revision;
    },
    compact() {
      compactedTo = revision;
      for (const shelf of shelves.values()) Object.assign(shelf, { history: [], compactedTo });
    },
  };
}
