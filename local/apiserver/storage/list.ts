import { randomUUID } from 'node:crypto';
import { forbiddenField, invalidObject } from '../field-errors.ts';
import type { KubeObject } from '../object.ts';
import { badRequest, expired, StatusError } from '../status.ts';
import type { Selection } from './selection.ts';
import type { Store } from './store.ts';

export interface Page {
  revision: number;
  items: KubeObject[];
  /** Given back as `continue` to read on. */
  next?: string;
  remaining?: number;
}

interface Snapshot {
  revision: number;
  items: KubeObject[];
}

const MAX_SNAPSHOTS = 64;

/** Reads lists; the rest of a page stays as it was when the list began, for as long as its snapshot is kept. */
export interface Lister {
  list(storageKey: string, selection: Selection, query: URLSearchParams): Page;
}

/** Reads a resourceVersion parameter; undefined where none was given. */
export function parseRevision(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^\d+$/.test(text))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

/** 422 for a combination of list or watch parameters that makes no sense. */
export function invalidListOptions(parameter: string, problem: string): StatusError {
  return invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [forbiddenField(parameter, problem)]);
}

function tooLarge(requested: number, current: number): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

function checkRevision(store: Store, query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch');
  const revision = parseRevision(query.get('resourceVersion'));
  if (match !== null && match !== '' && revision === undefined) {
    throw invalidListOptions(
      'resourceVersionMatch',
      'resourceVersionMatch is forbidden unless resourceVersion is provided',
    );
  }
  if (revision === undefined) return;
  if (revision > store.revision()) throw tooLarge(revision, store.revision());
  if (match === 'Exact' && revision !== store.revision()) {
    throw expired('The resourceVersion for the provided list is too old.');
  }
}

/** As in Kubernetes, a limit that makes no sense is none. */
function limitOf(query: URLSearchParams): number {
  const limit = Number(query.get('limit') ?? '0');
  return Number.isInteger(limit) && limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

export function createLister(store: Store): Lister {
  const snapshots = new Map<string, Snapshot>();
  const keep = (snapshot: Snapshot): string => {
    const token = randomUUID();
    snapshots.set(token, snapshot);
    const [oldest] = snapshots.keys();
    if (snapshots.size > MAX_SNAPSHOTS && oldest !== undefined) snapshots.delete(oldest);
    return token;
  };
  const begin = (storageKey: string, selection: Selection, query: URLSearchParams): Snapshot => {
    const token = query.get('continue');
    if (token === null || token === '') {
      checkRevision(store, query);
      return {
        revision: store.revision(),
        items: store.list(storageKey, selection.namespace).filter((one) => selection.matches(one)),
      };
    }
    if (!/^[0-9a-f-]{36}$/.test(token)) throw badRequest('invalid continue token: continue key is not valid');
    const snapshot = snapshots.get(token);
    if (snapshot === undefined) {
      throw expired(
        'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
      );
    }
    return snapshot;
  };
  return {
    list(storageKey, selection, query) {
      const limit = limitOf(query);
      const { revision, items } = begin(storageKey, selection, query);
      if (items.length <= limit) return { revision, items };
      const rest = items.slice(limit);
      return { revision, items: items.slice(0, limit), next: keep({ revision, items: rest }), remaining: rest.length };
    },
  };
}
