import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { parseManifests } from '../../../../cli/follow/manifests.ts';
import { inCreationOrder, isRun } from '../../../../cli/follow/order.ts';
import { readRunnable } from '../../../../cli/follow/runnable.ts';
import { isDispensable } from '../../../../cli/follow/unserved.ts';

let directory: string;
beforeAll(async () => (directory = await mkdtemp(path.join(tmpdir(), 'tektrace-runnable-'))));
afterAll(() => rm(directory, { recursive: true }));

async function runnable(text: string): Promise<string[]> {
  const file = path.join(directory, 'in.yaml');
  await writeFile(file, text);
  return (await readRunnable([file])).map(({ object }) => `${object.kind}/${object.metadata.name}`);
}

const object = (kind: string, name: string, apiVersion = 'v1', more = ''): string =>
  `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}}\n${more}`;
const RUN = object('TaskRun', 'r', 'tekton.dev/v1');

test('definitions are created before runs, what others need first, and the order within a kind stays', () => {
  const kinds = [
    'PipelineRun',
    'Widget',
    'Pipeline',
    'Task',
    'TaskRun',
    'ConfigMap',
    'Secret',
    'ServiceAccount',
    'Namespace',
  ];
  const manifests = kinds.flatMap((kind) =>
    ['1', '2'].map((name) => ({ object: { apiVersion: 'tekton.dev/v1', kind, metadata: { name } } })),
  );
  expect(
    inCreationOrder(manifests)
      .map(({ object: { kind, metadata } }) => `${kind}${metadata.name}`)
      .join(' '),
  ).toBe(
    'Namespace1 Namespace2 ServiceAccount1 ServiceAccount2 Secret1 Secret2 ConfigMap1 ConfigMap2 Task1 Task2 ' +
      'Pipeline1 Pipeline2 Widget1 Widget2 PipelineRun1 PipelineRun2 TaskRun1 TaskRun2',
  );
});

test('a run is one of Tekton’s, in any version', () => {
  const is = (apiVersion: string, kind: string): boolean => isRun({ apiVersion, kind, metadata: {} });
  expect([is('tekton.dev/v1', 'PipelineRun'), is('tekton.dev/v1beta1', 'TaskRun')]).toEqual([true, true]);
  expect([is('tekton.dev/v1', 'Pipeline'), is('example.com/v1', 'PipelineRun')]).toEqual([false, false]);
});

describe('an input', () => {
  test('without a run is refused with the run that it needs', async () => {
    const spec = `spec:
  params: [{name: url}, {name: tags, type: array}, {name: db, type: object, properties: {host: {}}}, {name: has, default: x}]
  workspaces: [{name: source}, {name: cache, optional: true}]
  tasks: []
`;
    const error = (await runnable(
      object('Task', 't', 'tekton.dev/v1') + object('Pipeline', 'build', 'tekton.dev/v1', spec),
    ).catch((thrown: unknown) => thrown)) as Error;
    const [sentence, example = ''] = error.message.split(/\n\n/);
    expect(sentence).toBe(
      'the input has no PipelineRun or TaskRun, only Task, Pipeline. To run Pipeline build, give a file like this with another -f:',
    );
    expect(parseManifests(example, 'example')[0]?.object).toEqual({
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      metadata: { generateName: 'build-' },
      spec: {
        pipelineRef: { name: 'build' },
        params: [
          { name: 'url', value: 'VALUE' },
          { name: 'tags', value: ['VALUE'] },
          { name: 'db', value: { host: 'VALUE' } },
        ],
        workspaces: [{ name: 'source', emptyDir: {} }],
      },
    });
  });

  test.each([
    ['only other kinds', object('ConfigMap', 'c'), 'only ConfigMap: add the run with another -f'],
    [
      'a kind in the wrong case',
      object('Taskrun', 'r', 'tekton.dev/v1'),
      'only Taskrun (did you mean TaskRun?): add the run',
    ],
    [
      'a Task of a strange shape',
      object('Task', 't', 'tekton.dev/v1', 'spec: {params: 5, workspaces: [null]}'),
      'taskRef:\n    name: t',
    ],
  ])('of %s has no run', async (_what, text, message) => {
    await expect(runnable(text)).rejects.toThrow(message);
  });

  test('with a duplicate object is refused with both places', async () => {
    await expect(
      runnable(object('Task', 'a', 'tekton.dev/v1') + RUN + object('Task', 'a', 'tekton.dev/v1beta1')),
    ).rejects.toThrow(/in\.yaml:10 \(document 3\): Task a is duplicated: first in .*in\.yaml:2 \(document 1\)/);
  });

  test('may have equal names of other kinds, groups and namespaces, and generated names', async () => {
    const elsewhere = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\n';
    const generated = '---\napiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {generateName: a-}\n';
    const text = `${object('Secret', 'a')}---\n${elsewhere}${object('ConfigMap', 'a')}${object('Secret', 'a', 'x.io/v1')}${generated}${generated}`;
    expect(await runnable(text)).toHaveLength(6);
  });
});

describe('an object of a kind that the embedded cluster does not serve', () => {
  const dispensable = (text: string): boolean => {
    const manifests = parseManifests(text, 'in');
    return isDispensable(manifests[0]!, manifests);
  };
  const referring = (ref: string): string =>
    object('Pipeline', 'p', 'tekton.dev/v1', `spec: {tasks: [{name: a, taskRef: ${ref}}]}\n`);

  test.each([
    ['of another group, that nothing names', object('TriggerTemplate', 'a', 'triggers.tekton.dev/v1beta1') + RUN, true],
    [
      'of another group, with the name of something else',
      object('Role', 'a', 'rbac.authorization.k8s.io/v1') + referring('{name: a, kind: Task}'),
      true,
    ],
    [
      'that a Pipeline names',
      object('Approval', 'a', 'x.io/v1') + referring('{name: a, kind: Approval, apiVersion: x.io/v1}'),
      false,
    ],
    ['of Kubernetes itself: it may be mistyped', object('Secrett', 'a') + RUN, false],
    ['of Tekton', object('StepAction', 'a', 'tekton.dev/v1beta1') + RUN, false],
  ])('%s', (_what, text, expected) => {
    expect(dispensable(text)).toBe(expected);
  });
});
