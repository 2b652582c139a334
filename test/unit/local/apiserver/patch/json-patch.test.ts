import { describe, expect, test } from '@jest/globals';

import { applyJsonPatch } from '../../../../../local/apiserver/patch/json-patch.ts';

const document = { metadata: { labels: { a: '1' } }, list: [1, 2, 3] };

describe('a JSON patch', () => {
  test.each([
    [
      'adds below an escaped key',
      [{ op: 'add', path: '/metadata/labels/x~1y~0z', value: '2' }],
      { labels: { a: '1', 'x/y~z': '2' } },
    ],
    [
      'replaces what is missing, as kube-apiserver does',
      [{ op: 'replace', path: '/metadata/b', value: 2 }],
      { labels: { a: '1' }, b: 2 },
    ],
    ['adds null where it has no value', [{ op: 'add', path: '/metadata/b' }], { labels: { a: '1' }, b: null }],
    ['moves', [{ op: 'move', from: '/metadata/labels/a', path: '/metadata/a' }], { labels: {}, a: '1' }],
    [
      'takes __proto__ for a key',
      [{ op: 'add', path: '/metadata/__proto__', value: 1 }],
      JSON.parse('{"labels":{"a":"1"},"__proto__":1}'),
    ],
  ])('%s', (_what, patch, metadata) => {
    expect(applyJsonPatch(document, patch)).toEqual({ ...document, metadata });
    expect(document.metadata).toEqual({ labels: { a: '1' } });
  });

  test.each([
    [[{ op: 'add', path: '/list/1', value: 9 }], [1, 9, 2, 3]],
    [[{ op: 'add', path: '/list/-', value: 9 }], [1, 2, 3, 9]],
    [[{ op: 'remove', path: '/list/-1' }], [1, 2]],
    [[{ op: 'copy', from: '/list/0', path: '/list/3' }], [1, 2, 3, 1]],
    [[{ op: 'replace', path: '/list/2', value: 9 }], [1, 2, 9]],
  ])('changes lists: %j', (patch, list) => {
    expect(applyJsonPatch(document, patch)).toEqual({ ...document, list });
  });

  test.each([
    [
      { op: 'add', path: '/none/x', value: 1 },
      'add operation does not apply: doc is missing path: "/none/x": missing value',
    ],
    [
      { op: 'remove', path: '/none' },
      "error in remove for path: '/none': Unable to remove nonexistent key: none: missing value",
    ],
    [
      { op: 'replace', path: '/list/7', value: 1 },
      'replace operation does not apply: doc is missing key: /list/7: missing value',
    ],
    [{ op: 'test', path: '/list/0', value: 2 }, 'testing value /list/0 failed: test failed'],
    [
      { op: 'add', path: '/constructor/x', value: 1 },
      'add operation does not apply: doc is missing path: "/constructor/x": missing value',
    ],
    [{ path: '/list' }, 'Unexpected kind: unknown'],
  ])('that does not apply says why: %j', (operation, problem) => {
    expect(() => applyJsonPatch(document, [operation])).toThrow(problem);
  });

  test('that goes deeper with each operation does not apply', () => {
    const keys = Array.from({ length: 300 }, () => '/a').join('');
    let value: unknown = 1;
    for (let levels = 0; levels < 300; levels++) value = { a: value };
    const patch = [
      { op: 'add', path: '/a', value },
      { op: 'add', path: keys, value },
    ];
    expect(applyJsonPatch({}, patch.slice(0, 1))).toEqual({ a: value });
    expect(() => applyJsonPatch({}, patch)).toThrow('exceeded max depth');
  });
});
