import { expect, test } from '@jest/globals';

import { CommandError } from '../../../../cli/errors.ts';
import { explainStart, softLimit } from '../../../../cli/local/machine.ts';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             15                   96364                processes
Max open files            unlimited            unlimited            files
`;

test('soft limits are read; no limit is none', () => {
  expect(softLimit(LIMITS, 'Max processes')).toBe(15);
  expect(softLimit(LIMITS, 'Max open files')).toBeUndefined();
});

const failure = (code: string, path?: string): Error => Object.assign(new Error('m'), { code, path });

test.each([
  ['a directory that is not there', failure('ENOENT', '/t/tektrace-x')],
  ['a directory of somebody else', failure('EACCES', '/t/tektrace-x')],
  ['a file in its place', failure('ENOTDIR', '/t/tektrace-x')],
  ['the directory itself', failure('ENOENT', '/t')],
  ['a write that names no file', failure('ENOSPC')],
  ['a copy that names what it read', failure('ENOSPC', '/usr/share/main.ts')],
])('a start that fails for the temporary directory names it, and TMPDIR: %s', (_, error) => {
  const explained = explainStart(error, '/t');
  expect(explained).toBeInstanceOf(CommandError);
  expect((explained as CommandError).exitCode).toBe(1);
  expect((explained as CommandError).message).toMatch(/keeps its files in \/t, .*\nSet TMPDIR/);
});

test('another failure of the start stays what it is', () => {
  for (const error of [failure('EADDRINUSE'), failure('ENOENT', '/tt/x'), new Error('m')])
    expect(explainStart(error, '/t')).toBe(error);
  expect((explainStart(failure('EMFILE', '/t/x'), '/t') as Error).message).toContain('ulimit -n');
  expect((explainStart(failure('EROFS', '/usr/x'), '/t') as Error).message).toBe(
    '/usr/x: the file system is read-only',
  );
});
