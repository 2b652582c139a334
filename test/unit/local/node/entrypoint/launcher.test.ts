import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { stepEnvironment } from '../../../../../local/node/entrypoint/environment.ts';
import { launcher } from '../../../../../local/node/entrypoint/launcher.ts';

const run = promisify(execFile);
let pod: string;
let program: string;
beforeEach(() => {
  pod = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
  for (const directory of ['ko-app', 'tekton/bin', 'tekton/run/0', 'tekton/run/1'])
    fs.mkdirSync(path.join(pod, directory), { recursive: true });
  program = path.join(pod, 'ko-app', 'entrypoint');
  fs.writeFileSync(path.join(pod, 'echo.mjs'), 'console.log(JSON.stringify([process.argv.slice(2), process.env]))');
  fs.writeFileSync(
    program,
    launcher(process.execPath, path.join(pod, 'echo.mjs'), path.join(pod, 'cache'), {
      base64: 'base64',
      mkfifo: 'mkfifo',
    }),
    {
      mode: 0o755,
    },
  );
});
afterEach(() => fs.rmSync(pod, { recursive: true }));

test('init copies it and links each step by name and number, also when it is run again', async () => {
  const copy = path.join(pod, 'tekton/bin/entrypoint');
  await run(program, ['init', program, copy, 'step-a', 'step-b']);
  await run(program, ['init', program, copy, 'step-a', 'step-b']);
  expect(fs.readdirSync(path.join(pod, 'tekton/steps')).sort()).toEqual(['0', '1', 'step-a', 'step-b']);
  expect(fs.readlinkSync(path.join(pod, 'tekton/steps/step-b'))).toMatch(/\/tekton\/run\/1\/status$/);
  const env = { PATH: process.env.PATH ?? '', NODE_OPTIONS: '--nonsense "$x"', 'db.password': ' a\nb' };
  const [argv, own] = JSON.parse((await run(copy, ['-x', 'y'], { env })).stdout) as [string[], NodeJS.ProcessEnv];
  expect(argv).toEqual(['-x', 'y']);
  expect(own.NODE_OPTIONS).toBeUndefined();
  expect(stepEnvironment(own)).toEqual(env);
});

test('decode-script writes back what was encoded and keeps the mode', async () => {
  const script = path.join(pod, 'script');
  const text = '#!/bin/sh\necho "ä $1"\n\n';
  fs.writeFileSync(script, `${Buffer.from(text).toString('base64')}\n`, { mode: 0o755 });
  await run(program, ['decode-script', script]);
  expect(fs.readFileSync(script, 'utf8')).toBe(text);
  expect(fs.statSync(script).mode & 0o777).toBe(0o755);
});

test('what is no base64 is an error with the file', async () => {
  const script = path.join(pod, 'script');
  fs.writeFileSync(script, 'not base64!');
  await expect(run(program, ['decode-script', script])).rejects.toThrow(`error decoding script file ${script}`);
});

test('an environment too large for one variable still gets to the step', async () => {
  const copy = path.join(pod, 'tekton/bin/entrypoint');
  await run(program, ['init', program, copy, 'step-a']);
  const env = { PATH: process.env.PATH ?? '', A: 'x'.repeat(100_000), B: 'y'.repeat(100_000) };
  const { stdout } = await run(copy, [], { env });
  const [, own] = JSON.parse(stdout) as [string[], NodeJS.ProcessEnv];
  expect(stepEnvironment(own)).toMatchObject(env);
});
