import { acceptOf, selectorOf, versionOf } from './options.ts';
import type { Query } from './options.ts';
import { nameOf } from './writes.ts';
import type { Request, Situation } from './writes.ts';

const accepted = ({ random }: Situation): Pick<Request, 'accept'> => {
  const accept = acceptOf(random);
  return accept === undefined ? {} : { accept };
};

export function getRequest(situation: Situation, subresource = ''): Request {
  const { random, kind, versions } = situation;
  const query: Query = random.chance(0.15) ? { resourceVersion: versionOf(random, versions) } : {};
  if (random.chance(0.05)) query['includeObject'] = random.pick(['Object', 'None', 'Some']);
  return { method: 'GET', path: `${kind.resource}/${nameOf(random)}${subresource}`, query, ...accepted(situation) };
}

/** `lists`: steps that were lists with a limit, whose answers may have a token to go on with. */
export function listRequest(situation: Situation, lists: number[]): Request {
  const { random, kind, versions } = situation;
  const query: Query = {
    ...(random.chance(0.45) ? selectorOf(random, kind).query : {}),
    ...(random.chance(0.35)
      ? {
          limit: random.weighted([
            [6, '1'],
            [3, '2'],
            [1, '0'],
            [1, '-1'],
            [1, 'x'],
          ] as const),
        }
      : {}),
    ...(random.chance(0.35) ? { resourceVersion: versionOf(random, versions) } : {}),
    ...(random.chance(0.25)
      ? {
          resourceVersionMatch: random.weighted([
            [5, 'Exact'],
            [5, 'NotOlderThan'],
            [1, 'Near'],
          ] as const),
        }
      : {}),
    ...(random.chance(0.03) ? { sendInitialEvents: 'true' } : {}),
    ...(random.chance(0.03) ? { timeoutSeconds: random.pick(['5', 'x']) } : {}),
  };
  if (random.chance(0.05)) query['continue'] = random.pick(['x', 'e30', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0']);
  if (lists.length > 0 && random.chance(0.5)) {
    query['continue'] = `{{${random.pick(lists)}.continue}}`;
    if (random.chance(0.9)) delete query['resourceVersion'];
    if (random.chance(0.9)) delete query['resourceVersionMatch'];
  }
  return { method: 'GET', path: kind.resource, query, ...accepted(situation) };
}

export function watchRequest(situation: Situation): Request {
  const { random, kind, versions } = situation;
  const named = random.chance(0.1) && kind.kind !== 'Event';
  const chosen = random.chance(0.45) && !named ? selectorOf(random, kind) : { query: {}, fence: {} };
  // What startWatch writes must not be one of the sequence's own objects.
  const { query: selection, fence } =
    kind.kind === 'Event' && chosen.fence.name !== undefined ? { query: {}, fence: {} } : chosen;
  const start = random.weighted<() => Query>([
    [5, () => ({ resourceVersion: versionOf(random, versions) })],
    [2, () => ({})],
    [2, () => ({ resourceVersion: '0' })],
    [
      3,
      () => ({
        sendInitialEvents: 'true',
        resourceVersionMatch: 'NotOlderThan',
        ...(random.chance(0.6) ? { resourceVersion: versionOf(random, versions) } : {}),
      }),
    ],
    [1, () => ({ sendInitialEvents: 'false', resourceVersionMatch: 'NotOlderThan' })],
    [0.5, () => ({ sendInitialEvents: 'true' })],
    [0.5, () => ({ resourceVersionMatch: random.pick(['Exact', 'NotOlderThan']), resourceVersion: '0' })],
  ])();
  const bookmarks: Query =
    random.chance(0.5) || start['sendInitialEvents'] === 'true' ? { allowWatchBookmarks: 'true' } : {};
  return {
    method: 'WATCH',
    path: named ? `${kind.resource}/a` : kind.resource,
    query: { ...selection, ...start, ...bookmarks },
    fence: named ? { name: 'a' } : fence,
    ...accepted(situation),
  };
}
