import { describe, expect, test } from '@jest/globals';
import { createStore } from '../../../../../local/apiserver/storage/store.ts';
import type { KubeObject } from '../../../../../local/apiserver/object.ts';

function configMap(name: string, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, ...metadata },
  };
}

describe('the store', () => {
  test('one counter gives every write its version', () => {
    const store = createStore();
    const first = store.put('/configmaps', configMap('a'));
    const second = store.put('/secrets', configMap('b'));
    expect(Number(second.metadata.resourceVersion)).toBe(Number(first.metadata.resourceVersion) + 1);
    expect(store.revision()).toBe(Number(second.metadata.resourceVersion));
  });

  test('a removal has a version of its own', () => {
    const store = createStore();
    const stored = store.put('/configmaps', configMap('a'));
    const removed = store.remove('/configmaps', stored);
    expect(Number(removed.metadata.resourceVersion)).toBeGreaterThan(Number(stored.metadata.resourceVersion));
    expect(store.eventsSince('/configmaps', Number(stored.metadata.resourceVersion))).toMatchObject([
      { type: 'DELETED', previous: stored },
    ]);
  });

  test('keeps the last events only, and knows when some are missing', () => {
    const store = createStore({ maxHistory: 2 });
    const before = store.revision();
    for (const name of ['a', 'b', 'c']) store.put('/configmaps', configMap(name));
    expect(store.eventsSince('/configmaps', before)).toBeUndefined();
    expect(store.eventsSince('/configmaps', before + 1)).toHaveLength(2);
    expect(store.eventsSince('/configmaps', store.revision())).toEqual([]);
  });

  test('finds the children of an owner, as long as they name it', () => {
    const store = createStore();
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'uid-owner' }];
    store.put('/configmaps', configMap('child', { ownerReferences }));
    expect(store.ownedBy('uid-owner').map((child) => child.object.metadata.name)).toEqual(['child']);
    store.put('/configmaps', configMap('child'));
    expect(store.ownedBy('uid-owner')).toEqual([]);
  });

  test('tells everybody in the order of versions, also when a listener writes', () => {
    const store = createStore();
    store.subscribe('/configmaps', ({ type, object }) => {
      if (type === 'ADDED') store.put('/configmaps', { ...object, data: {} });
    });
    const seen: string[] = [];
    store.subscribe('/configmaps', ({ type }) => seen.push(type));
    store.put('/configmaps', configMap('a'));
    expect(seen).toEqual(['ADDED', 'MODIFIED']);
  });
});
