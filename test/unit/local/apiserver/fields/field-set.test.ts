import { describe, expect, test } from '@jest/globals';
import {
  difference,
  has,
  intersection,
  isEmpty,
  paths,
  recursiveDifference,
  setOf,
  union,
} from '../../../../../local/apiserver/fields/field-set.ts';
import type { Path } from '../../../../../local/apiserver/fields/field-set.ts';
import { fromFieldsV1, shownPath, toFieldsV1 } from '../../../../../local/apiserver/fields/fields-v1.ts';
import { fc } from '../../../../support/property.ts';

const labels = setOf(['f:metadata', 'f:labels'], ['f:metadata', 'f:labels', 'f:a'], ['f:metadata', 'f:labels', 'f:b']);

const elements = ['f:a', 'f:b', 'k:{"name":"x"}', 'v:"x"'];
const anyPath = fc.array(fc.constantFrom(...elements), { minLength: 1, maxLength: 3 });
const anyPaths = fc.array(anyPath, { maxLength: 8 });
const texts = (list: Path[]): Set<string> => new Set(list.map((path) => path.join('/')));

describe('field sets', () => {
  test('are written as fieldsV1 and read from it', () => {
    const written = { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {}, 'f:b': {} } } };
    expect(toFieldsV1(labels)).toEqual(written);
    expect(fromFieldsV1(written)).toEqual(labels);
    expect(fromFieldsV1({ labels: {} })).toBeUndefined();
  });

  test('lose members, and what is below them where that is asked for', () => {
    const node = setOf(['f:metadata', 'f:labels']);
    expect(paths(difference(labels, node))).toHaveLength(2);
    expect(isEmpty(recursiveDifference(labels, node))).toBe(true);
  });

  test('name their paths as errors do', () => {
    expect(shownPath(['f:spec', 'f:ports', 'k:{"containerPort":80,"protocol":"TCP"}', 'f:name'])).toBe(
      '.spec.ports[containerPort=80,protocol="TCP"].name',
    );
    expect(shownPath(['f:metadata', 'f:finalizers', 'v:"a/b"'])).toBe('.metadata.finalizers[="a/b"]');
  });

  test('are sets of their paths', () => {
    fc.assert(
      fc.property(anyPaths, anyPaths, (left, right) => {
        const [a, b] = [texts(left), texts(right)];
        const [first, second] = [setOf(...left), setOf(...right)];
        expect(texts(paths(first))).toEqual(a);
        expect(texts(paths(union(first, second)))).toEqual(new Set([...a, ...b]));
        expect(texts(paths(intersection(first, second)))).toEqual(new Set([...a].filter((one) => b.has(one))));
        expect(texts(paths(difference(first, second)))).toEqual(new Set([...a].filter((one) => !b.has(one))));
        for (const path of left) expect(has(first, path)).toBe(true);
        expect(fromFieldsV1(toFieldsV1(first)) ?? setOf()).toEqual(first);
      }),
    );
  });
});
