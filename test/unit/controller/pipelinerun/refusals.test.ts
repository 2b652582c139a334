import { beforeEach, describe, expect, test } from '@jest/globals';

import { reconcilePipelineRun } from '../../../../controller/pipelinerun/reconcile-pipeline-run.ts';
import { ApiError, ConnectionError } from '../../../../shared/kubernetes/errors.ts';
import { succeededCondition } from '../../../../shared/tekton/conditions.ts';
import type { PipelineRun, PipelineRunSpec } from '../../../../shared/tekton/types.ts';
import { FakeRun, KEY } from './support/fake-run.ts';

const steps = [{ name: 's', image: 'busybox', script: 'true' }];
const TASKS = { tasks: [{ name: 'a', taskSpec: { steps } }] };

let flow: FakeRun;
beforeEach(() => {
  flow = new FakeRun();
});

const error = (status: number, message: string): ApiError => new ApiError('request', status, { message });

test('a label value that is cut ends in a letter or digit', async () => {
  flow.create({ pipelineRef: { name: `${'longname-'.repeat(7)}lon` } });
  flow.failures.set(`GET pipelines/${'longname-'.repeat(7)}lon`, error(404, 'gone'));
  await flow.reconcile();
  const { metadata } = flow.bodies.get('PATCH pipelineruns/flow') as PipelineRun;
  expect(metadata.labels?.['tekton.dev/pipeline']).toBe(`${'longname-'.repeat(6)}longname`);
});

describe('a refusal ends the run', () => {
  test('of a field that no webhook has refused, before its first TaskRun', async () => {
    flow.create({ pipelineSpec: TASKS, timeouts: { pipeline: '5 minutes' } });
    await flow.reconcile();
    expect(flow.condition).toMatchObject({ status: 'False', reason: 'PipelineValidationFailed' });
    expect(flow.condition?.message).toContain('spec.timeouts.pipeline: "5 minutes" is not a duration');
    expect(flow.bodies.has('POST taskruns')).toBe(false);
  });

  test('of params that would fill the memory: in one task, or in many together', async () => {
    const script = '$(params.p)'.repeat(50);
    const tasks = Array.from({ length: 50 }, (_, index) => ({
      name: `t${index}`,
      taskSpec: { steps: [{ name: 's', image: 'busybox', script }] },
    }));
    flow.create({
      params: [{ name: 'p', value: 'x'.repeat(10_000) }],
      pipelineSpec: { params: [{ name: 'p' }], tasks },
    });
    await flow.reconcile();
    expect(flow.condition).toMatchObject({ status: 'False', reason: 'PipelineValidationFailed' });
    expect(flow.condition?.message).toContain('more than 16 MiB together');
    expect(flow.bodies.has('POST taskruns')).toBe(false);
  });

  test.each<[string, string, number, string]>([
    ['of the label', 'PATCH pipelineruns/flow', 422, 'Failed'],
    ['of a TaskRun', 'POST taskruns', 403, 'CreateRunFailed'],
    ['of a claim', 'POST persistentvolumeclaims', 422, 'CouldntCreateWorkspacePVC'],
  ])('%s', async (_what, request, status, reason) => {
    const workspaces = [{ name: 'w', volumeClaimTemplate: { spec: {} } }];
    flow.create({ pipelineSpec: { ...TASKS, workspaces: [{ name: 'w' }] }, workspaces });
    flow.failures.set(request, error(status, 'not like that'));
    await flow.reconcile();
    expect(flow.condition).toMatchObject({ status: 'False', reason });
    expect(flow.condition?.message).toContain('not like that');
  });

  test('of its Pipeline', async () => {
    flow.create({ pipelineRef: { name: 'app' } });
    flow.failures.set('GET pipelines/app', error(403, 'may not read'));
    await flow.reconcile();
    expect(flow.condition).toMatchObject({ status: 'False', reason: 'CouldntGetPipeline' });
    expect(flow.condition?.message).toContain('may not read');
  });

  test('of a status, with the status that was there before', async () => {
    flow.create({ pipelineSpec: TASKS });
    let puts = 0;
    const client = { ...flow.context.client };
    flow.context.client.request = async (method, path, options) => {
      if (method === 'PUT' && puts++ === 0) throw error(413, 'too large');
      return client.request(method, path, options);
    };
    await flow.reconcile();
    expect(flow.condition).toMatchObject({ status: 'False', reason: 'Failed' });
    expect(flow.condition?.message).toContain('too large');
  });

  test('of the cancellation of its TaskRuns', async () => {
    flow.create({ pipelineSpec: TASKS });
    await flow.reconcile();
    flow.failures.set('PATCH taskruns/flow-a', error(403, 'may not patch'));
    flow.cancel();
    await flow.reconcile();
    expect(flow.condition).toMatchObject({ status: 'False', reason: 'PipelineRunCouldntCancel' });
  });
});

test('a TaskRun is cancelled by its uid: another one with its name is not changed', async () => {
  flow.create({ pipelineSpec: TASKS });
  await flow.reconcile();
  flow.context.taskRuns.set({
    ...flow.context.taskRuns.get('ci/flow-a')!,
    metadata: { ...flow.context.taskRuns.get('ci/flow-a')!.metadata, uid: 'uid-a' },
  });
  const details = { causes: [{ field: 'metadata.uid' }] };
  flow.failures.set('PATCH taskruns/flow-a', new ApiError('PATCH', 422, { message: 'field is immutable', details }));
  flow.cancel();
  await flow.reconcile();
  expect(flow.bodies.get('PATCH taskruns/flow-a')).toMatchObject({ metadata: { uid: 'uid-a' } });
  expect(flow.condition).toMatchObject({ status: 'False', reason: 'Cancelled' });
});

describe('a temporary error is retried', () => {
  test.each([
    ['a conflict', new ApiError('POST', 409, { reason: 'Conflict' })],
    ['too many requests', error(429, 'slow down')],
    ['a server error', error(500, 'etcd is down')],
    ['a used-up quota', error(403, 'exceeded quota: small')],
    ['no connection', new ConnectionError('POST', new Error('refused'))],
  ])('%s', async (_what, failure) => {
    flow.create({ pipelineSpec: TASKS });
    flow.failures.set('POST taskruns', failure);
    await expect(flow.reconcile()).rejects.toBe(failure);
    expect(flow.condition?.status).toBe('Unknown');
    flow.failures.clear();
    await flow.reconcile();
    expect(flow.context.taskRuns.get('ci/flow-a')).toBeDefined();
  });

  test.each(['PATCH pipelineruns/flow', 'GET pipelines/app', 'GET tasks/t'])(
    'but not past the timeout: %s',
    async (request) => {
      flow.create({ pipelineRef: { name: 'app' }, timeouts: { pipeline: '3s' } });
      flow.failures.set('GET pipelines/app', error(500, 'down'));
      flow.failures.set(request, error(500, 'down'));
      await expect(flow.reconcile()).rejects.toThrow('down');
      expect(flow.condition?.status).toBe('Unknown');
      flow.now += 3000;
      await flow.reconcile();
      expect(flow.condition).toMatchObject({
        reason: 'PipelineRunTimeout',
        message: 'PipelineRun "flow" failed to finish within "3s"',
      });
    },
  );

  test('past the timeout the TaskRuns are cancelled although the next Task can not be read', async () => {
    const tasks = [...TASKS.tasks, { name: 'b', taskRef: { name: 't' }, runAfter: ['a'] }];
    flow.create({ pipelineSpec: { tasks }, timeouts: { pipeline: '3s' } });
    flow.answers.set('GET tasks/t', { metadata: { name: 't' }, spec: { steps } });
    await flow.reconcile();
    expect(flow.context.taskRuns.get('ci/flow-a')).toBeDefined();
    flow.context.taskSpecs.clear();
    flow.failures.set('GET tasks/t', error(500, 'down'));
    flow.now += 3000;
    await flow.reconcile();
    expect(flow.condition).toMatchObject({ reason: 'PipelineRunTimeout' });
    expect(flow.requests).toContain('PATCH taskruns/flow-a');
  });
});

describe('a temporary failure', () => {
  test('shows in the condition as long as it does', async () => {
    flow.create({ pipelineSpec: TASKS });
    flow.failures.set('POST taskruns', error(500, 'etcd is down'));
    await expect(flow.reconcile()).rejects.toThrow('etcd is down');
    expect(flow.run.status?.startTime).toBe('2026-05-01T10:00:00.000Z');
    expect(flow.condition).toMatchObject({ status: 'Unknown', message: 'request: 500 etcd is down' });
    flow.failures.clear();
    await flow.reconcile();
    expect(flow.condition).toMatchObject({ status: 'Unknown', reason: 'Running' });
    expect(flow.condition?.message).not.toContain('etcd');
  });

  test('is not hidden by a status that can not be written', async () => {
    flow.create({ pipelineSpec: TASKS });
    flow.failures.set('POST taskruns', error(500, 'no TaskRuns today'));
    flow.failures.set('PUT pipelineruns/flow/status', error(500, 'no status today'));
    const thrown = await flow.reconcile().catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(AggregateError);
    expect(String(thrown)).toMatch(/no TaskRuns today.*no status today/);
  });
});

describe('names that can not be', () => {
  test('a run of more than 63 characters is refused', async () => {
    flow.create({ pipelineSpec: TASKS });
    const run = flow.context.pipelineRuns.get(KEY)!;
    flow.context.pipelineRuns.delete(KEY);
    const name = 'x'.repeat(64);
    flow.context.pipelineRuns.set({ ...run, metadata: { ...run.metadata, name } });
    await reconcilePipelineRun(flow.context, `ci/${name}`);
    const written = flow.bodies.get(`PUT pipelineruns/${name}/status`) as PipelineRun;
    expect(succeededCondition(written)).toMatchObject({ status: 'False', reason: 'PipelineValidationFailed' });
    expect(succeededCondition(written)?.message).toContain(`metadata.name: "${name}" is longer than 63 characters`);
  });

  test.each<[string, PipelineRunSpec, string]>([
    [
      'pipelineRef',
      { pipelineRef: { name: 'a\u0007\nb' } },
      String.raw`spec.pipelineRef.name: "a\u0007\nb" is not a valid name`,
    ],
    [
      'taskRef',
      { pipelineSpec: { tasks: [{ name: 'a', taskRef: { name: 'A/../b' } }] } },
      'tasks[0].taskRef.name: "A/../b" is not a valid name',
    ],
    [
      'taskRef from a param',
      {
        params: [{ name: 'p', value: 'x\u0000' }],
        pipelineSpec: { params: [{ name: 'p' }], tasks: [{ name: 'a', taskRef: { name: '$(params.p)' } }] },
      },
      String.raw`pipeline task a: taskRef.name: "x\u0000" is not a valid name`,
    ],
  ])('%s', async (_what, spec, message) => {
    flow.create(spec);
    await flow.reconcile();
    expect(flow.condition).toMatchObject({ status: 'False', reason: 'PipelineValidationFailed' });
    expect(flow.condition?.message).toContain(message);
    expect(flow.requests.filter((request) => request.startsWith('GET'))).toEqual([]);
  });
});

test('a skipped task keeps the reason it was skipped for', async () => {
  const when = [{ input: 'a', operator: 'in', values: ['b'] }];
  flow.create({ pipelineSpec: { tasks: [...TASKS.tasks, { name: 'gated', when, taskSpec: { steps } }] } });
  await flow.reconcile();
  const taskRun = flow.context.taskRuns.get('ci/flow-a')!;
  const failed = { type: 'Succeeded', status: 'False' as const, reason: 'StepFailed' };
  flow.context.taskRuns.set({ ...taskRun, status: { conditions: [failed] } });
  await flow.reconcile();
  expect(flow.condition).toMatchObject({ status: 'False', reason: 'Failed' });
  expect(flow.context.pipelineRuns.get(KEY)?.status?.skippedTasks).toMatchObject([
    { name: 'gated', reason: 'When Expressions evaluated to false' },
  ]);
});
