import { describe, expect, test } from '@jest/globals';
import { compileJsonPath } from '../../../../../local/apiserver/table/json-path.ts';

const object = {
  spec: { list: [{ name: 'a' }, { name: 'b' }] },
  status: {
    conditions: [
      { type: 'Ready', status: 'False' },
      { type: 'Succeeded', status: 'True' },
    ],
  },
  metadata: { labels: { 'a.b/c': 'x' } },
};

describe('JSONPath of printer columns', () => {
  test.each([
    ['.status.conditions[?(@.type=="Succeeded")].status', ['True']],
    ['.status.conditions[?(@.type!="Succeeded")].status', ['False']],
    [".status.conditions[?(@.type=='None')].status", []],
    ['.spec.list[1].name', ['b']],
    ['.spec.list[-1].name', ['b']],
    ['.spec.list[*].name', ['a', 'b']],
    ['.metadata.labels.a\\.b/c', ['x']],
    [".metadata.labels['a.b/c']", ['x']],
    ['.status.none.deeper', []],
  ])('%s', (path, values) => {
    expect(compileJsonPath(path)(object)).toEqual(values);
  });

  test('what is beyond it is said when it is compiled', () => {
    expect(() => compileJsonPath('.a[?(@.b > 1)]')).toThrow('unsupported filter "@.b > 1" in a JSONPath');
    expect(() => compileJsonPath('.a[')).toThrow('unsupported JSONPath ".a[" at "["');
  });
});
