import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, test } from '@jest/globals';

import { cli } from './support/cli.ts';

const run = (spec: string): string =>
  `apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata:\n  generateName: bad-\nspec:\n${spec}`;
const task = (name: string, more = ''): string =>
  `      - name: ${name}\n${more}        taskSpec:\n          steps: [{name: s, image: i, script: 'true'}]\n`;

/** A stack trace has lines like `    at file.ts:1:2`. */
const STACK = /^\s+at .*:\d+:\d+/m;

async function said(input: string): Promise<{ code: number | null; text: string }> {
  const { code, stdout, stderr } = await cli(['run', '-f', '-'], { input });
  const text = `${stdout}${stderr}`;
  expect(text).not.toMatch(STACK);
  return { code, text };
}

test('a YAML error has line and column', async () => {
  const { code, text } = await said('apiVersion: tekton.dev/v1\nkind: [PipelineRun\n');
  expect(text).toMatch(/standard input:\d+:\d+: /);
  expect(code).toBe(2);
});

test.each([
  [
    'an unknown field',
    run(`  pipelineSpec:\n    tasks:\n${task('a', '        runAfterr: [b]\n')}`),
    'spec.pipelineSpec.tasks[0].runAfterr: there is no such field (did you mean runAfter?)',
  ],
  ['a wrong type', run('  pipelineSpec:\n    tasks: nothing\n'), 'spec.pipelineSpec.tasks'],
  ['another kind', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n', 'the input has no PipelineRun or TaskRun'],
  [
    'an unknown kind',
    'apiVersion: tekton.dev/v1\nkind: PipelineRunn\nmetadata: {name: a}\n',
    'the input has no PipelineRun or TaskRun, only PipelineRunn',
  ],
  ['a scalar', 'hello\n', 'expected a Kubernetes object'],
])('%s is refused with its path, exit 2', async (_what, input, expected) => {
  const { code, text } = await said(input);
  expect(text).toContain(expected);
  expect(code).toBe(2);
});

test.each([
  ['a missing Task', run('  pipelineSpec:\n    tasks:\n      - name: a\n        taskRef: {name: nobody}\n'), 'nobody'],
  ['a missing Pipeline', run('  pipelineRef: {name: nobody}\n'), 'nobody'],
])('%s ends the run with its name, exit 1', async (_what, input, expected) => {
  const { code, text } = await said(input);
  expect(text).toContain(expected);
  expect(code).toBe(1);
});

test.each([
  ['a missing param', run(`  pipelineSpec:\n    params: [{name: revision}]\n    tasks:\n${task('a')}`), 'revision'],
  [
    'a missing workspace',
    run(`  pipelineSpec:\n    workspaces: [{name: sources}]\n    tasks:\n${task('a')}`),
    'sources',
  ],
  [
    'a missing result',
    run(
      `  pipelineSpec:\n    tasks:\n${task('a')}${task('b', "        params: [{name: p, value: '$(tasks.a.results.digest)'}]\n")}`,
    ),
    'digest',
  ],
  [
    'a cycle',
    run(`  pipelineSpec:\n    tasks:\n${task('a', '        runAfter: [b]\n')}${task('b', '        runAfter: [a]\n')}`),
    'a → b → a',
  ],
])('%s is an error with its name before anything runs, exit 2', async (_what, input, expected) => {
  const { code, text } = await said(input);
  expect(text).toContain(expected);
  expect(text).not.toContain('PipelineRun default/');
  expect(code).toBe(2);
});

const EXAMPLE = ['run', '-f', 'examples/build-and-test.yaml'];

test('invalid options give an error with what to do', async () => {
  for (const [args, expected] of [
    [['run'], 'no FILE is named'],
    [['run', '--nonsense'], 'tektrace run --help'],
    [['nonsense'], 'no such command: nonsense'],
    [['--verison'], 'there is no option --verison (did you mean --version?)'],
    [['version', 'please'], 'unexpected argument "please"'],
    [['help', 'run', 'please'], 'unexpected argument "please"'],
    [['up', 'run.yaml'], 'up takes options only: name a file with --run FILE'],
    [['run', '--timeout', 'run.yaml'], '--timeout: "run.yaml" is not a duration'],
    [['webhook', '--step-otlp-endpoint', 'collector:4318'], 'is not an http or https URL'],
    [['webhook', '--step-otlp-endpoint', 'http://me:secret@collector:4318'], 'and every Pod would show it'],
    [['run', '-f', 'nobody-wrote-it.yaml'], 'nobody-wrote-it.yaml: there is no such file or directory\n'],
    [[...EXAMPLE, '--timeout', 'soon'], '--timeout'],
    [[...EXAMPLE, '--trace-out', '/no/such/x.json'], '--trace-out /no/such/x.json: there is no directory /no/such'],
    [[...EXAMPLE, '--param', 'nobody-takes-it=1'], '--param nobody-takes-it: the run declares'],
    [[...EXAMPLE, '--jaeger-collector-url', 'http://localhost:9999'], 'add --exporter=otlp|jaeger'],
  ] as const) {
    const { code, stderr } = await cli([...args]);
    expect(stderr).toContain(expected);
    expect(stderr).not.toMatch(STACK);
    expect(code).toBe(2);
  }
});

test('a file that is not YAML gives one short message, exit 2', async () => {
  for (const bytes of [randomBytes(4000), await readFile(process.execPath).then((file) => file.subarray(0, 4000))]) {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'tektrace-bad-')), 'bytes.yaml');
    await writeFile(file, bytes);
    const { code, stderr } = await cli(['run', '-f', file]);
    await rm(path.dirname(file), { recursive: true });
    expect(stderr).toMatch(/^tektrace: \S+bytes\.yaml:\d+: [^\n]+\n$/);
    expect(code).toBe(2);
  }
});

test('--help of each command says what it takes', async () => {
  for (const command of ['up', 'run', 'trace', 'webhook', 'controller']) {
    const { code, stdout } = await cli([command, '--help']);
    expect(stdout).toContain(`Usage: tektrace ${command}`);
    expect(code).toBe(0);
  }
});
