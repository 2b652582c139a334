import { expect, test } from '@jest/globals';

import { JsonSyntaxError, parseJson } from '../../../../local/apiserver/go-json.ts';

test.each(['{"a":[1,-2.5e3,"x\\u0041\\n",true,null,{}]}', '"é"', ' [ ] '])(
  '%s is read as JSON.parse reads it',
  (text) => {
    expect(parseJson(text)).toEqual({ value: JSON.parse(text) as unknown, duplicates: [] });
  },
);

test('of fields that are there twice the last one counts, and each is named once', () => {
  expect(parseJson('{"a":1,"b":[{"c":1,"c":2}],"a":3,"a":4}')).toEqual({
    value: { a: 4, b: [{ c: 2 }] },
    duplicates: ['b[0].c', 'a'],
  });
});

test.each([
  ['', 'unexpected end of JSON input'],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['nul', "invalid character ' ' in literal null (expecting 'l')"],
])('%j is refused in the words of Go', (text, problem) => {
  expect(() => parseJson(text)).toThrow(JsonSyntaxError);
  expect(() => parseJson(text)).toThrow(problem);
});

test('what is deeper than it may be is refused', () => {
  const lists = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  const objects = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
  expect(parseJson(lists(500)).duplicates).toEqual([]);
  expect(() => parseJson(lists(501))).toThrow("invalid character '[' exceeded max depth");
  expect(() => parseJson(objects(100_000))).toThrow("invalid character '{' exceeded max depth");
});
