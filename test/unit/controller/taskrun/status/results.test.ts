import { expect, test } from '@jest/globals';

import { validateTaskRunResults } from '../../../../../controller/taskrun/status/results.ts';

test('a result of another type is named and taken out', () => {
  const status = {
    results: [
      { name: 'list', type: 'string' as const, value: 'not json' },
      { name: 'ok', type: 'string' as const, value: 'x' },
    ],
  };
  const spec = { results: [{ name: 'list', type: 'array' as const }, { name: 'ok' }] };
  expect(() => validateTaskRunResults(status, spec)).toThrow(
    `Provided results don't match declared results; may be invalid JSON or missing result declaration:  "list": task result is expected to be "array" type but was initialized to a different type "string"`,
  );
  expect(status.results.map(({ name }) => name)).toEqual(['ok']);
});

test('an object without a declared key is named', () => {
  const status = { results: [{ name: 'image', type: 'object' as const, value: { url: 'x' } }] };
  const properties = { url: {}, digest: {} };
  expect(() => validateTaskRunResults(status, { results: [{ name: 'image', properties }] })).toThrow(
    'map[image:[digest]]',
  );
});

test('results as declared pass', () => {
  const status = { results: [{ name: 'image', type: 'object' as const, value: { url: 'x' } }] };
  validateTaskRunResults(status, { results: [{ name: 'image', properties: { url: {} } }] });
  expect(status.results).toHaveLength(1);
});
