import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { exampleTrace, lifecycle, TRACE_ID } from '../unit/local/viewer/example-trace.ts';
import { fromService } from '../unit/local/viewer/example-trace.ts';
import { cli } from './support/cli.ts';

let directory: string;
const file = (name: string): string => path.join(directory, name);
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'tektrace-e2e-'));
  await writeFile(file('trace.json'), JSON.stringify(exampleTrace));
  const [, ...unfinished] = lifecycle;
  await writeFile(
    file('unfinished.json'),
    JSON.stringify({ resourceSpans: [fromService('tekton-pipelines', unfinished)] }),
  );
});
afterAll(() => rm(directory, { recursive: true }));

test.each([['--file'], ['-f'], []])(
  'a trace in a file (%s) is drawn, with why the run failed below it',
  async (...option) => {
    const { code, stdout, stderr } = await cli(['trace', ...option, file('trace.json')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^✗ RUN build-and-test +5\.23 s/m);
    const end = stdout.slice(stdout.indexOf('\nFailed  '));
    expect(end).toMatch(
      /^\nFailed {2}default\/build-and-test-x7k2p\n {2}build-image › push: exit code 1: unauthorized: authentication required\n {2}critical path {2}unit-tests › test \(1\.63 s of 5\.23 s\) → build-image → report\n {2}waited {9}\d/,
    );
    expect(end).toMatch(/\n {2}skipped {8}deploy/);
  },
);

test('a run that goes on is no failure', async () => {
  const { code, stdout } = await cli(['trace', file('unfinished.json')]);
  expect(code).toBe(0);
  expect(stdout).toContain("not finished: the run's own span has not arrived");
  expect(stdout).toMatch(/^Running {2}default\/build-and-test-x7k2p$|^Not finished {2}default\/build-and-test-x7k2p$/m);
});

test('the trace is written as it was read', async () => {
  const { code } = await cli(['trace', file('trace.json'), '--trace-out', file('copy.json')]);
  expect(code).toBe(0);
  const copy = JSON.parse(await readFile(file('copy.json'), 'utf8')) as typeof exampleTrace;
  expect(JSON.stringify(copy)).toContain(TRACE_ID);
  expect(copy.resourceSpans).toHaveLength(exampleTrace.resourceSpans.length);
});

test.each([
  [[], 'expected one run: its name, its trace id, or a file'],
  [['a', 'b'], 'expected one run'],
  [['--file', '/no/such.json'], '/no/such.json: there is no such file or directory'],
  [['/no/such.json'], '/no/such.json: there is no such file'],
  [['-f', 'package.json'], 'package.json: has no span'],
  [['x', '--trace-out', '/no/such/out.json'], 'there is no directory /no/such: create it first'],
])('%j is refused at once: %s', async (args, reason) => {
  const { code, stderr } = await cli(['trace', ...args]);
  expect(stderr).toContain(reason);
  expect(code).toBe(2);
});
