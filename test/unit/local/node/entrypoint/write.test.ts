import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, test } from '@jest/globals';

import { writeFileNamed } from '../../../../../local/node/entrypoint/write.ts';

test('a write that fails names its file, once', () => {
  expect(() => writeFileNamed('/dev/full', 'text')).toThrow('/dev/full: ENOSPC: no space left on device, write');
  expect(() => writeFileNamed('/no/such/directory/file', '')).toThrow(
    /^ENOENT: no such file or directory, open '\/no\/such\/directory\/file'$/,
  );
});

test('a file is written whole, with its mode', () => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
  const file = path.join(directory, 'script');
  writeFileNamed(file, 'true', 0o755);
  expect(fs.readFileSync(file, 'utf8')).toBe('true');
  expect(fs.statSync(file).mode & 0o777).toBe(0o755);
  fs.rmSync(directory, { recursive: true });
});
