import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import {
  addToMessage,
  decodeMessage,
  MessageLengthError,
  startedAt,
} from '../../../../../local/node/entrypoint/termination.ts';

let file: string;
beforeEach(() => {
  file = path.join(fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-')), 'termination');
});
afterEach(() => fs.rmSync(path.dirname(file), { recursive: true }));

const read = (): ReturnType<typeof decodeMessage> => decodeMessage(fs.readFileSync(file, 'utf8'));

test('entries are added to those that are there, the last one of a key counts', () => {
  addToMessage(file, [{ key: 'r', value: '1', type: 1 }], false);
  addToMessage(file, [startedAt(new Date(0)), { key: 'r', value: '2', type: 1 }], false);
  expect(read()).toEqual([
    { key: 'StartedAt', value: '1970-01-01T00:00:00.000Z', type: 3 },
    { key: 'r', value: '2', type: 1 },
  ]);
});

test('past 4096 bytes nothing is written', () => {
  addToMessage(file, [{ key: 'r', value: '1', type: 1 }], false);
  const big = { key: 'big', value: 'x'.repeat(4096), type: 1 as const };
  expect(() => addToMessage(file, [big], false)).toThrow(MessageLengthError);
  expect(read()).toHaveLength(1);
});

test('compressed, more fits', () => {
  const big = { key: 'big', value: 'x'.repeat(8000), type: 1 as const };
  addToMessage(file, [big], true);
  expect(fs.readFileSync(file, 'utf8')).toMatch(/^tknz:/);
  expect(read()).toEqual([big]);
});
