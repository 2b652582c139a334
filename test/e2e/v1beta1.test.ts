import { expect, test } from '@jest/globals';

import { cli } from './support/cli.ts';

/** As it was written for years: a Task, a Pipeline and a run of it with the fields that v1 has elsewhere or no more. */
const OLD = `
apiVersion: tekton.dev/v1beta1
kind: PipelineRun
metadata: { generateName: old- }
spec:
  serviceAccountName: default
  timeout: 10m
  podTemplate: { env: [{ name: FROM_TEMPLATE, value: template }] }
  params: [{ name: words, value: [one, two] }]
  pipelineRef: { name: say }
---
apiVersion: tekton.dev/v1beta1
kind: Pipeline
metadata: { name: say }
spec:
  params: [{ name: words, default: [nothing] }]
  results: [{ name: said, value: '$(tasks.say.results.said)' }]
  tasks:
    - name: say
      taskRef: { name: say }
      params: [{ name: words, value: ['$(params.words[*])'] }]
---
apiVersion: tekton.dev/v1beta1
kind: Task
metadata: { name: say }
spec:
  params: [{ name: words, type: array }]
  results: [{ name: said }]
  stepTemplate: { name: base, image: alpine, resources: { requests: { cpu: 10m } } }
  steps:
    - name: say
      stdin: true
      resources: { limits: { memory: 64Mi } }
      args: ['$(params.words[*])']
      script: |
        #!/bin/sh
        echo "$@ $FROM_TEMPLATE"
        printf '%s' "$2" > $(results.said.path)
`;

test('a run of v1beta1 objects runs as upstream converts them, and has its whole trace', async () => {
  const { code, stdout, stderr } = await cli(['run', '-f', '-', '-o', 'json'], { input: OLD });
  expect(stderr).toContain('one two template');
  expect(stderr).toMatch(/├ admission/);
  expect(stderr).toMatch(/step say/);
  expect(JSON.parse(stdout)).toMatchObject({ results: { said: 'two' } });
  expect(code).toBe(0);
});

const taskRun = (spec: string): string =>
  `apiVersion: tekton.dev/v1beta1\nkind: TaskRun\nmetadata: {name: bad}\nspec:\n  ${spec}\n`;
const steps = "steps: [{name: s, image: i, script: 'true'}]";

test.each([
  [
    'a bundle',
    taskRun('taskRef: {name: a, bundle: registry/x}'),
    'spec.taskRef.bundle: Forbidden: must not set the field(s)',
  ],
  ['PipelineResources', taskRun(`taskSpec: {resources: {inputs: []}, ${steps}}`), 'spec.taskSpec.resources: Forbidden'],
  ["a step's field of v1", taskRun('taskSpec: {steps: [{image: i, computeResources: {}}]}'), 'computeResources'],
  [
    'what is not executed',
    taskRun(`stepOverrides: [{name: s, resources: {}}]\n  taskSpec: {${steps}}`),
    'spec.stepOverrides',
  ],
])('%s is refused with the path in the file, exit 2', async (_what, input, expected) => {
  const { code, stdout, stderr } = await cli(['run', '-f', '-'], { input });
  expect(`${stdout}${stderr}`).toContain(expected);
  expect(code).toBe(2);
});
