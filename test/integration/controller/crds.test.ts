import { readdirSync, readFileSync } from 'node:fs';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';

import { startApiServer } from '../../../local/apiserver/server.ts';
import type { RunningApiServer } from '../../../local/apiserver/server.ts';
import { createKubeClient } from '../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';
import { PIPELINE_RUNS, resourcePath, TASK_RUNS } from '../../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import type { PipelineRun, TaskRun } from '../../../shared/tekton/types.ts';
import { validatePipelineRun, validateTaskRun } from '../../../shared/tekton/validation/run.ts';
import { tektonCrds } from './support/pipeline-runs.ts';

let server: RunningApiServer;
let client: KubeClient;
beforeAll(async () => {
  server = await startApiServer({ crds: tektonCrds() });
  client = createKubeClient(loadKubeConfig({ text: await server.kubeconfig() }));
});
afterAll(async () => {
  client.close();
  await server.close();
});

/** A strict dry-run create, as `kubectl create --dry-run=server` sends it. */
const dryRun = <T extends KubeObject>(body: object, resource = PIPELINE_RUNS): Promise<T> =>
  client.request('POST', resourcePath(resource, { namespace: 'default' }), {
    body,
    query: { dryRun: 'All', fieldValidation: 'Strict' },
  });
const run = (task: object): object => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName: 'r-' },
  spec: { pipelineSpec: { tasks: [task] } },
});

const examples = new URL('../../../examples/', import.meta.url);
const objects = readdirSync(examples)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) =>
    parseAllDocuments(readFileSync(new URL(name, examples), 'utf8')).map((document): [string, KubeObject] => [
      name,
      document.toJS() as KubeObject,
    ]),
  );

/** Runs, which are validated beside their schema; other objects of an example are checked by running it. */
const runs = objects.filter(([, { kind = '' }]) => ['PipelineRun', 'TaskRun'].includes(kind));

test.each(runs)('the run of examples/%s is accepted and valid', async (_, example) => {
  const isPipelineRun = example.kind === 'PipelineRun';
  const errors = isPipelineRun ? validatePipelineRun(example as PipelineRun) : validateTaskRun(example as TaskRun);
  expect(errors).toEqual([]);
  const created = await dryRun<PipelineRun | TaskRun>(example, isPipelineRun ? PIPELINE_RUNS : TASK_RUNS);
  expect(created.spec).toEqual((example as PipelineRun | TaskRun).spec);
});

test('a misspelt field is refused with its path', async () => {
  const created = dryRun(run({ name: 'a', taskSpec: { steps: [{ name: 's', image: 'x', scirpt: 'true' }] } }));
  await expect(created).rejects.toThrow('unknown field "spec.pipelineSpec.tasks[0].taskSpec.steps[0].scirpt"');
});

test('an object without a spec is refused', async () => {
  for (const [kind, resource] of [
    ['PipelineRun', PIPELINE_RUNS],
    ['TaskRun', TASK_RUNS],
  ] as const) {
    const created = dryRun({ apiVersion: 'tekton.dev/v1', kind, metadata: { name: 'r' } }, resource);
    await expect(created).rejects.toThrow('spec: Required value');
  }
});

test('a value of the wrong type is refused with its path', async () => {
  const created = dryRun(run({ name: 'a', retries: 'three', taskSpec: { steps: [] } }));
  await expect(created).rejects.toThrow('spec.pipelineSpec.tasks[0].retries');
});

test('Tekton fields that this controller does not execute are valid', async () => {
  const task = {
    name: 'a',
    onError: 'continue',
    matrix: {
      params: [{ name: 'p', value: ['1', '2'] }],
      include: [{ name: 'extra', params: [{ name: 'q', value: 'x' }] }],
    },
    when: [{ cel: '"a" == "a"' }],
    taskRef: { resolver: 'git', params: [{ name: 'url', value: 'https://example.com' }] },
  };
  await expect(dryRun(run(task))).resolves.toMatchObject({ spec: { pipelineSpec: { tasks: [task] } } });
});
