import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { cli } from './support/cli.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tektrace-inputs-'));
  await mkdir(path.join(directory, 'tekton', 'workspace'), { recursive: true });
  const write = (name: string, text: string) => writeFile(path.join(directory, 'tekton', name), text);
  await write('workspace/greeting', 'from the workspace\n');
  // By name the runs come first, the Task they need last.
  await write(
    '1-runs.yaml',
    `apiVersion: v1
kind: List
items:
  - apiVersion: tekton.dev/v1
    kind: PipelineRun
    metadata: {name: first, namespace: team-a}
    spec:
      pipelineSpec:
        params: [{name: names, type: array}, {name: db, type: object, properties: {host: {}}}]
        workspaces: [{name: source}]
        tasks:
          - name: greet
            taskRef: {name: greet}
            workspaces: [{name: source}]
            params: [{name: names, value: ["$(params.names[*])"]}, {name: host, value: "$(params.db.host)"}]
  - apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {name: second, namespace: team-a}
    spec: {taskSpec: {steps: [{name: fail, image: alpine, script: "echo second; exit 3"}]}}
  - apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {name: third}
    spec: {taskSpec: {steps: [{name: s, image: alpine, script: echo third}]}}
`,
  );
  await write(
    '2-triggers.yml',
    'apiVersion: triggers.tekton.dev/v1beta1\nkind: TriggerTemplate\nmetadata: {name: tt}\n',
  );
  await write(
    '3-task.json',
    JSON.stringify({
      apiVersion: 'tekton.dev/v1',
      kind: 'Task',
      metadata: { name: 'greet', namespace: 'team-a' },
      spec: {
        params: [{ name: 'names', type: 'array' }, { name: 'host' }],
        workspaces: [{ name: 'source' }],
        steps: [
          {
            name: 's',
            image: 'alpine',
            args: ['$(params.names[*])'],
            script: 'echo "$# names: $*; host $(params.host)"; cat $(workspaces.source.path)/greeting',
          },
        ],
      },
    }),
  );
  await write('readme.md', 'no YAML: {');
});
afterAll(() => rm(directory, { recursive: true }));

test('a directory of everything: definitions first, namespaces made, every run followed, one file with all traces', async () => {
  const traceFile = path.join(directory, 'trace.json');
  const { code, stdout, stderr } = await cli([
    'run',
    path.join(directory, 'tekton'),
    ...['-p', 'names=a,b c,d', '-p', 'db=host:http://x:1'],
    ...['-w', `source=${path.join(directory, 'tekton', 'workspace')}`, '--trace-out', traceFile],
  ]);
  expect(stdout).toContain('3 names: a b c d; host http://x:1');
  expect(stdout).toContain('from the workspace');
  const places = ['PipelineRun team-a/first', 'TaskRun team-a/second', 'TaskRun default/third'].map((run) =>
    stdout.indexOf(run),
  );
  expect(places.every((place) => place >= 0)).toBe(true);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(stdout).toContain('Succeeded  default/third');
  expect(stderr).toMatch(/left out: .*2-triggers\.yml:1: TriggerTemplate tt: /);
  expect(code).toBe(1);
  const { resourceSpans } = JSON.parse(await readFile(traceFile, 'utf8')) as {
    resourceSpans: { scopeSpans: { spans: { traceId: string }[] }[] }[];
  };
  const ids = resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ traceId }) => traceId)),
  );
  expect(new Set(ids).size).toBe(3);
});

test('the trace goes to standard output, and then nothing else does', async () => {
  const file = path.join(directory, 'run.yaml');
  await writeFile(
    file,
    'apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {generateName: t-}\nspec: {taskSpec: {steps: [{image: a, script: echo said}]}}\n',
  );
  const { code, stdout, stderr } = await cli(['run', '-f', file, '--trace-out', '-']);
  expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['resourceSpans']);
  expect(stderr).toContain('said');
  expect(code).toBe(0);
});
