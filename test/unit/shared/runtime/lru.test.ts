import { expect, test } from '@jest/globals';

import { LruMap } from '../../../../shared/runtime/lru.ts';
import { fc } from '../../../support/property.ts';

test('the least recently used entry is dropped first', () => {
  const map = new LruMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([1, undefined, 3]);
});

test('keeps the latest entries, up to its maximum', () => {
  const key = fc.integer({ min: 0, max: 9 });
  fc.assert(
    fc.property(fc.array(key), fc.integer({ min: 1, max: 5 }), (keys, maxEntries) => {
      const map = new LruMap<number, number>(maxEntries);
      for (const [index, one] of keys.entries()) map.set(one, index);
      const latest = [...new Set(keys.toReversed())].slice(0, maxEntries);
      expect(map.size).toBe(latest.length);
      for (const one of latest) expect(map.get(one)).toBe(keys.lastIndexOf(one));
    }),
  );
});
