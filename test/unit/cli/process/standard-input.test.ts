import { Readable } from 'node:stream';

import { expect, test } from '@jest/globals';

import { readStandardInput } from '../../../../cli/process/standard-input.ts';

const input = (isTTY: boolean): Readable & { isTTY?: boolean } =>
  Object.assign(Readable.from([Buffer.from('kind: '), Buffer.from('Task\n')]), isTTY && { isTTY });

test('at a terminal a line says that standard input is read and how it ends; a pipe needs none', async () => {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  expect((await readStandardInput(100, input(false), say)).toString()).toBe('kind: Task\n');
  expect(said).toEqual([]);
  expect((await readStandardInput(100, input(true), say)).toString()).toBe('kind: Task\n');
  expect(said).toEqual(['tektrace: reading standard input: end it with Ctrl-D\n']);
});

test('more than the limit is refused', async () => {
  await expect(readStandardInput(8, input(false), () => undefined)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/^standard input: is larger than/),
  });
});
