import { beforeEach, expect, test } from '@jest/globals';

import { Store } from '../../../../shared/kubernetes/store.ts';
import type { KubeObject } from '../../../../shared/kubernetes/types.ts';

const object = (name: string, owner?: string): KubeObject => ({
  metadata: { name, namespace: 'ci', ...(owner ? { labels: { owner } } : {}) },
});

let store: Store<KubeObject>;
beforeEach(() => {
  store = new Store({ owner: ({ metadata }) => (metadata.labels?.owner ? [metadata.labels.owner] : []) });
});
const named = (owner: string): (string | undefined)[] =>
  store.byIndex('owner', owner).map(({ metadata }) => metadata.name);

test('objects are found by namespace and name', () => {
  store.set(object('a'));
  expect(store.get('ci/a')).toEqual(object('a'));
  expect(store.get('other/a')).toBeUndefined();
  expect(store.keys()).toEqual(['ci/a']);
});

test('an index follows changes of its objects', () => {
  store.set(object('a', 'x'));
  store.set(object('b', 'x'));
  expect(named('x')).toEqual(['a', 'b']);
  store.set(object('a', 'y'));
  expect([named('x'), named('y')]).toEqual([['b'], ['a']]);
  store.delete('ci/b');
  expect(named('x')).toEqual([]);
});

test('deleting what is not there changes nothing', () => {
  store.set(object('a', 'x'));
  store.delete('ci/none');
  expect(store.list()).toHaveLength(1);
});

test('asking an index that does not exist is an error that names it', () => {
  expect(() => store.byIndex('nothing', 'x')).toThrow('nothing');
});

test('past its limit what was not set for longest leaves it, its indexes too', () => {
  store = new Store({ owner: ({ metadata }) => [metadata.labels?.owner ?? ''] }, 2);
  for (const name of ['a', 'b', 'a', 'c']) store.set(object(name, 'x'));
  expect(store.keys()).toEqual(['ci/a', 'ci/c']);
  expect(named('x')).toEqual(['a', 'c']);
});
