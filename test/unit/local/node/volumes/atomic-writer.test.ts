import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { writeAtomically } from '../../../../../local/node/volumes/atomic-writer.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const file = (text: string, mode = 0o644): { data: Buffer; mode: number } => ({ data: Buffer.from(text), mode });

test('the volume holds exactly the files of the last write', async () => {
  await writeAtomically(directory, new Map([['a', file('1')], ['sub/b', file('2', 0o600)]])); // prettier-ignore
  await writeAtomically(directory, new Map([['a', file('3')], ['c', file('4')]])); // prettier-ignore
  expect(fs.readdirSync(directory).filter((name) => !name.startsWith('..')).sort()).toEqual(['a', 'c']); // prettier-ignore
  expect(fs.readFileSync(path.join(directory, 'a'), 'utf8')).toBe('3');
  expect(fs.readdirSync(directory).filter((name) => name.startsWith('..'))).toHaveLength(2);
});

test('modes are those asked for', async () => {
  await writeAtomically(directory, new Map([['sub/b', file('2', 0o400)]]));
  expect(fs.statSync(path.join(directory, 'sub/b')).mode & 0o777).toBe(0o400);
});

test.each(['../out', 'a/../../out', '/out', '.'])('a file named %s is refused and nothing is written', async (name) => {
  const volume = path.join(directory, 'volume');
  await expect(writeAtomically(volume, new Map([['a', file('1')], [name, file('2')]]))).rejects.toThrow('leads out of its volume'); // prettier-ignore
  expect(fs.readdirSync(directory)).toEqual([]);
});
