import { describe, expect, test } from '@jest/globals';
import { changedFields, difference, present, union } from '../../../../../local/apiserver/fields/field-set.ts';

describe('field sets', () => {
  test('list what is new or different', () => {
    const before = { spec: { a: 1, b: { c: 1 } } };
    expect(changedFields(before, { spec: { a: 2, b: { c: 1, d: {} }, e: { f: 1 } } })).toEqual({
      'f:spec': { 'f:a': {}, 'f:b': { 'f:d': {} }, 'f:e': { '.': {}, 'f:f': {} } },
    });
    expect(changedFields(before, before)).toBeUndefined();
  });

  test('name the items of a core list by its keys, take a custom list as one value', () => {
    const object = { spec: { containers: [{ name: 'a', image: 'x' }] } };
    expect(changedFields({ spec: { containers: null } }, object, '', true)).toEqual({
      'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
    });
    expect(changedFields({ spec: {} }, object)).toEqual({ 'f:spec': { 'f:containers': {} } });
  });

  test('lose what another writer took, and what is gone', () => {
    const mine = { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {}, 'f:b': {} } } };
    expect(difference(mine, { 'f:metadata': { 'f:labels': { 'f:a': {} } } })).toEqual({
      'f:metadata': { 'f:labels': { '.': {}, 'f:b': {} } },
    });
    expect(difference(mine, { 'f:metadata': { 'f:labels': { 'f:a': {}, 'f:b': {} } } })).toEqual({
      'f:metadata': { 'f:labels': {} },
    });
    expect(present(mine, { metadata: { labels: { a: '1' } } })).toEqual({
      'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
    });
    expect(present(mine, { metadata: {} })).toEqual({});
  });

  test('join without losing the node itself', () => {
    expect(union({ 'f:a': {} }, { 'f:a': { 'f:b': {} } })).toEqual({ 'f:a': { '.': {}, 'f:b': {} } });
  });
});
