import { readdirSync, readFileSync } from 'node:fs';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';

import { startApiServer } from '../../../local/apiserver/server.ts';
import type { RunningApiServer } from '../../../local/apiserver/server.ts';
import { createKubeClient } from '../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';
import { PIPELINE_RUNS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import type { PipelineRun } from '../../../shared/tekton/types.ts';
import { validatePipelineRun } from '../../../shared/tekton/validation/run.ts';
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
const dryRun = (body: object): Promise<PipelineRun> =>
  client.request('POST', resourcePath(PIPELINE_RUNS, { namespace: 'default' }), {
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
test.each(readdirSync(examples).filter((name) => name.endsWith('.yaml')))(
  'examples/%s is accepted and valid',
  async (name) => {
    const example = parse(readFileSync(new URL(name, examples), 'utf8')) as PipelineRun;
    expect(validatePipelineRun(example)).toEqual([]);
    expect((await dryRun(example)).spec).toEqual(example.spec);
  },
);

test('a misspelt field is refused with its path', async () => {
  const created = dryRun(run({ name: 'a', taskSpec: { steps: [{ name: 's', image: 'x', scirpt: 'true' }] } }));
  await expect(created).rejects.toThrow('unknown field "spec.pipelineSpec.tasks[0].taskSpec.steps[0].scirpt"');
});

test('a value of the wrong type is refused with its path', async () => {
  const created = dryRun(run({ name: 'a', retries: 'three', taskSpec: { steps: [] } }));
  await expect(created).rejects.toThrow('spec.pipelineSpec.tasks[0].retries');
});

test('what this controller does not execute is valid Tekton all the same', async () => {
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
