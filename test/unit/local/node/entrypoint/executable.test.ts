import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { hasNoFormat } from '../../../../../local/node/entrypoint/executable.ts';

let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'executable-'));
});
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));

const program = (name: string, text: string, mode = 0o755): string => {
  const file = path.join(directory, name);
  fs.writeFileSync(file, text, { mode });
  return file;
};

test.each<[string, string, boolean]>([
  ['a script with a #! line', '#!/bin/sh\ntrue\n', false],
  ['a script without one', 'echo hi\n', true],
  ['a script with an empty line before it', '\n#!/bin/sh\ntrue\n', true],
  ['an empty file', '', true],
])('%s', (name, text, expected) => {
  const file = program(name, text);
  expect(hasNoFormat(file, '')).toBe(expected);
  expect(hasNoFormat(name, `/nowhere:${directory}`)).toBe(expected);
});

test('a binary is one, and what is not there or not executable is for the kernel to refuse', () => {
  expect(hasNoFormat('sh', '/usr/bin:/bin')).toBe(false);
  expect(hasNoFormat('no-such-program', '/usr/bin:/bin')).toBe(false);
  expect(hasNoFormat(program('text', 'hi', 0o644), '')).toBe(false);
});
