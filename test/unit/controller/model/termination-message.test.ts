import { deflateRawSync } from 'node:zlib';

import { expect, test } from '@jest/globals';

import { internalValue, parseTerminationMessage } from '../../../../controller/model/termination-message.ts';

const ENTRIES = [
  { key: 'StartedAt', value: '2026-05-01T10:00:02.345Z', type: 3 },
  { key: 'digest', value: 'first', type: 1 },
  { key: 'digest', value: 'last', type: 'TaskRunResult' },
];

test('the last entry of a key counts, sorted by key', () => {
  const results = parseTerminationMessage(JSON.stringify(ENTRIES));
  expect(results).toEqual([
    { key: 'StartedAt', value: '2026-05-01T10:00:02.345Z', type: 'InternalTektonResult' },
    { key: 'digest', value: 'last', type: 'TaskRunResult' },
  ]);
  expect(internalValue(results ?? [], 'StartedAt')).toBe('2026-05-01T10:00:02.345Z');
});

test('a compressed message is read as well', () => {
  const compressed = deflateRawSync(JSON.stringify(ENTRIES)).toString('base64').replace(/=+$/, '');
  expect(parseTerminationMessage(`tknz:${compressed}`)).toHaveLength(2);
});

test.each([
  ['plain text', 'exit status 1'],
  ['other JSON', '{"a":1}'],
  ['a broken compressed one', 'tknz:AAAA'],
])('%s is not from the entrypoint', (_what, message) => {
  expect(parseTerminationMessage(message)).toBeUndefined();
});

test('entries of another shape are passed over', () => {
  expect(parseTerminationMessage('[null, 1, {"key":"a"}, {"key":"b","value":"c","type":99}]')).toEqual([
    { key: 'b', value: 'c', type: 'other' },
  ]);
});

test('no message, no entries', () => {
  expect(parseTerminationMessage(undefined)).toEqual([]);
});
