import type { ResourceType } from '../catalog/resource-type.ts';
import type { KubeObject } from '../object.ts';
import { badRequest, expired } from '../status.ts';
import { decodeContinue, encodeContinue } from './continue.ts';
import { integerFrom, parseRevision, tooLargeVersion } from './list-options.ts';
import type { Selection } from './selection.ts';
import type { Store } from './store.ts';

export interface Page {
  revision: number;
  items: KubeObject[];
  /** The `continue` token of the next page. */
  next?: string;
  /** How many objects follow; unknown with a selector. */
  remaining?: number;
}

const TOO_OLD = 'The resourceVersion for the provided list is too old.';
const TOKEN_TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** As in Kubernetes, a limit counts only if positive, and for cached types not with resourceVersion 0. */
function limitOf(query: URLSearchParams, isCached: boolean): number {
  const limit = integerFrom(query, 'limit') ?? 0;
  if (isCached && query.get('resourceVersion') === '0' && !query.get('continue')) return Number.POSITIVE_INFINITY;
  return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

/** The resource of a list, and its options. */
type Listed = Pick<ResourceType, 'storageKey' | 'isCached'>;

interface Snapshot {
  revision: number;
  items: KubeObject[];
}

function firstPage(store: Store, listed: Listed, selection: Selection, query: URLSearchParams): Snapshot {
  const asked = parseRevision(query.get('resourceVersion'), (problem) =>
    badRequest(`invalid resource version: ${problem}`),
  );
  const current = store.revision();
  if (asked !== undefined && asked > current) throw tooLargeVersion(asked, current);
  const match = query.get('resourceVersionMatch') ?? '';
  const exact =
    match === 'Exact' ||
    (match === '' && selection.name === undefined && limitOf(query, listed.isCached) !== Number.POSITIVE_INFINITY);
  const revision = exact && asked !== undefined && asked > 0 ? asked : current;
  const items = store.listAt(listed.storageKey, selection.namespace, revision);
  if (items === undefined) throw expired(TOO_OLD);
  return { revision, items };
}

function laterPage(
  store: Store,
  { storageKey }: Listed,
  selection: Selection,
  query: URLSearchParams,
  keyOf: (object: KubeObject) => string,
): Snapshot {
  const { revision: from, start } = decodeContinue(query.get('continue') ?? '');
  const version = query.get('resourceVersion') ?? '';
  if (version !== '' && version !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  const revision = from > 0 ? from : store.revision();
  if (revision > store.revision()) throw tooLargeVersion(revision, store.revision());
  const items = store.listAt(storageKey, selection.namespace, revision);
  if (items === undefined) throw expired(TOKEN_TOO_OLD, { continue: encodeContinue({ revision: -1, start }) });
  const key = start.replace(/^\//, '');
  return { revision, items: items.filter((object) => keyOf(object) >= key) };
}

/**
 * Reads a list, or a page of one: every page is at the version of the first one. Throws 410 when that is no longer known, 400, 422 or 504
 * for invalid parameters.
 */
export function listObjects(store: Store, listed: Listed, selection: Selection, query: URLSearchParams): Page {
  const limit = limitOf(query, listed.isCached);
  const keyOf = ({ metadata: { namespace, name = '' } }: KubeObject): string =>
    selection.namespace !== undefined || namespace === undefined ? name : `${namespace}/${name}`;
  const read = (query.get('continue') ?? '') === '' ? firstPage : laterPage;
  const { revision, items: stored } = read(store, listed, selection, query, keyOf);
  // A single object: there is no next page.
  const { name: only } = selection;
  const items =
    only === undefined || read === laterPage ? stored : stored.filter(({ metadata }) => metadata.name === only);
  const page: KubeObject[] = [];
  for (const [index, object] of items.entries()) {
    if (selection.matches(object)) page.push(object);
    if (page.length < limit) continue;
    const rest = items.length - index - 1;
    if (rest === 0) break;
    const next = encodeContinue({ revision, start: `/${keyOf(object)}\0` });
    return { revision, items: page, next, ...(selection.all ? { remaining: rest } : {}) };
  }
  return { revision, items: page };
}
