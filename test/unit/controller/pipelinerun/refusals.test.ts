import { beforeEach, describe, expect, test } from '@jest/globals';

import type { PipelineRunContext } from '../../../../controller/pipelinerun/context.ts';
import { WrittenVersions } from '../../../../controller/written-versions.ts';
import { reconcilePipelineRun } from '../../../../controller/pipelinerun/reconcile-pipeline-run.ts';
import type { KubeClient, KubeRequest } from '../../../../shared/kubernetes/client.ts';
import { ApiError, ConnectionError } from '../../../../shared/kubernetes/errors.ts';
import { Store } from '../../../../shared/kubernetes/store.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { succeededCondition } from '../../../../shared/tekton/conditions.ts';
import type { PipelineRun, PipelineRunSpec, TaskRun } from '../../../../shared/tekton/types.ts';
import { noRunTracing } from '../../../../shared/tracing/run-tracing.ts';

const steps = [{ name: 's', image: 'busybox', script: 'true' }];
const TASKS = { tasks: [{ name: 'a', taskSpec: { steps } }] };
const KEY = 'ci/flow';

let failures: Map<string, Error>;
let requests: string[];
let bodies: Map<string, unknown>;
let tasksToRead: Map<string, object>;
let context: PipelineRunContext;
let now: number;

beforeEach(() => {
  failures = new Map();
  requests = [];
  bodies = new Map();
  tasksToRead = new Map();
  now = Date.parse('2026-05-01T10:00:00Z');
  const pipelineRuns = new Store<PipelineRun>();
  const taskRuns = new Store<TaskRun>({
    owner: ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid),
  });
  const answer = (method: string, path: string, body: object): object => {
    const request = `${method} ${/namespaces\/[^/]+\/(.*)/.exec(path)?.[1] ?? path}`;
    requests.push(request);
    bodies.set(request, body);
    const failure = failures.get(request);
    if (failure) throw failure;
    if (request === 'PATCH pipelineruns/flow') {
      const run = pipelineRuns.get(KEY)!;
      return { ...run, metadata: { ...run.metadata, ...(body as PipelineRun).metadata } };
    }
    if (request === 'PUT pipelineruns/flow/status') pipelineRuns.set(body as PipelineRun);
    if (request === 'POST taskruns') taskRuns.set(body as TaskRun);
    return tasksToRead.get(request) ?? body;
  };
  const client: KubeClient = {
    server: 'https://fake',
    close: () => undefined,
    stream: () => Promise.reject(new Error('nothing is streamed here')),
    request: async <T>(method: string, path: string, options?: KubeRequest) =>
      answer(method, path, options?.body ?? {}) as T,
  };
  context = {
    ...{ client, pipelineRuns, taskRuns, tracing: noRunTracing, manage: 'all', taskSpecs: new Map() },
    written: new WrittenVersions(),
    events: { record: () => undefined, flush: async () => undefined },
    clock: () => new Date(now),
    log: silentLogger,
  };
});

const create = (spec: PipelineRunSpec): void =>
  context.pipelineRuns.set({
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name: 'flow',
      namespace: 'ci',
      uid: 'uid',
      resourceVersion: '1',
      creationTimestamp: '2026-05-01T10:00:00Z',
    },
    spec,
  });
const reconcile = () => reconcilePipelineRun(context, KEY);
const condition = () => succeededCondition(context.pipelineRuns.get(KEY)!);
const error = (status: number, message: string): ApiError => new ApiError('request', status, { message });

test('a label value that is cut ends in a letter or digit', async () => {
  create({ pipelineRef: { name: `${'longname-'.repeat(7)}lon` } });
  failures.set(`GET pipelines/${'longname-'.repeat(7)}lon`, error(404, 'gone'));
  await reconcile();
  const { metadata } = bodies.get('PATCH pipelineruns/flow') as PipelineRun;
  expect(metadata.labels?.['tekton.dev/pipeline']).toBe(`${'longname-'.repeat(6)}longname`);
});

describe('a refusal ends the run', () => {
  test.each<[string, string, number, string]>([
    ['of the label', 'PATCH pipelineruns/flow', 422, 'Failed'],
    ['of a TaskRun', 'POST taskruns', 403, 'CreateRunFailed'],
    ['of a claim', 'POST persistentvolumeclaims', 422, 'CouldntCreateWorkspacePVC'],
  ])('%s', async (_what, request, status, reason) => {
    const workspaces = [{ name: 'w', volumeClaimTemplate: { spec: {} } }];
    create({ pipelineSpec: { ...TASKS, workspaces: [{ name: 'w' }] }, workspaces });
    failures.set(request, error(status, 'not like that'));
    await reconcile();
    expect(condition()).toMatchObject({ status: 'False', reason });
    expect(condition()?.message).toContain('not like that');
  });

  test('of its Pipeline', async () => {
    create({ pipelineRef: { name: 'app' } });
    failures.set('GET pipelines/app', error(403, 'may not read'));
    await reconcile();
    expect(condition()).toMatchObject({ status: 'False', reason: 'CouldntGetPipeline' });
    expect(condition()?.message).toContain('may not read');
  });

  test('of a status, with the status that was there before', async () => {
    create({ pipelineSpec: TASKS });
    let puts = 0;
    const client = { ...context.client };
    context.client.request = async (method, path, options) => {
      if (method === 'PUT' && puts++ === 0) throw error(413, 'too large');
      return client.request(method, path, options);
    };
    await reconcile();
    expect(condition()).toMatchObject({ status: 'False', reason: 'Failed' });
    expect(condition()?.message).toContain('too large');
  });

  test('of the cancellation of its TaskRuns', async () => {
    create({ pipelineSpec: TASKS });
    await reconcile();
    failures.set('PATCH taskruns/flow-a', error(403, 'may not patch'));
    const run = context.pipelineRuns.get(KEY)!;
    context.pipelineRuns.set({ ...run, spec: { ...run.spec, status: 'Cancelled' } });
    await reconcile();
    expect(condition()).toMatchObject({ status: 'False', reason: 'PipelineRunCouldntCancel' });
  });
});

test('a TaskRun is told to stop by its uid: another one that has taken its name is left alone', async () => {
  create({ pipelineSpec: TASKS });
  await reconcile();
  context.taskRuns.set({
    ...context.taskRuns.get('ci/flow-a')!,
    metadata: { ...context.taskRuns.get('ci/flow-a')!.metadata, uid: 'uid-a' },
  });
  const details = { causes: [{ field: 'metadata.uid' }] };
  failures.set('PATCH taskruns/flow-a', new ApiError('PATCH', 422, { message: 'field is immutable', details }));
  const run = context.pipelineRuns.get(KEY)!;
  context.pipelineRuns.set({ ...run, spec: { ...run.spec, status: 'Cancelled' } });
  await reconcile();
  expect(bodies.get('PATCH taskruns/flow-a')).toMatchObject({ metadata: { uid: 'uid-a' } });
  expect(condition()).toMatchObject({ status: 'False', reason: 'Cancelled' });
});

describe('what may go away is tried again', () => {
  test.each([
    ['a conflict', new ApiError('POST', 409, { reason: 'Conflict' })],
    ['too many requests', error(429, 'slow down')],
    ['a server error', error(500, 'etcd is down')],
    ['a used-up quota', error(403, 'exceeded quota: small')],
    ['no connection', new ConnectionError('POST', new Error('refused'))],
  ])('%s', async (_what, failure) => {
    create({ pipelineSpec: TASKS });
    failures.set('POST taskruns', failure);
    await expect(reconcile()).rejects.toBe(failure);
    expect(condition()?.status).toBe('Unknown');
    failures.clear();
    await reconcile();
    expect(context.taskRuns.get('ci/flow-a')).toBeDefined();
  });

  test.each(['PATCH pipelineruns/flow', 'GET pipelines/app', 'GET tasks/t'])(
    'but not past the timeout: %s',
    async (request) => {
      create({ pipelineRef: { name: 'app' }, timeouts: { pipeline: '3s' } });
      failures.set('GET pipelines/app', error(500, 'down'));
      failures.set(request, error(500, 'down'));
      await expect(reconcile()).rejects.toThrow('down');
      expect(condition()?.status).toBe('Unknown');
      now += 3000;
      await reconcile();
      expect(condition()).toMatchObject({
        reason: 'PipelineRunTimeout',
        message: 'PipelineRun "flow" failed to finish within "3s"',
      });
    },
  );

  test('past the timeout the TaskRuns are told to stop although the next Task can not be read', async () => {
    const tasks = [...TASKS.tasks, { name: 'b', taskRef: { name: 't' }, runAfter: ['a'] }];
    create({ pipelineSpec: { tasks }, timeouts: { pipeline: '3s' } });
    tasksToRead.set('GET tasks/t', { metadata: { name: 't' }, spec: { steps } });
    await reconcile();
    expect(context.taskRuns.get('ci/flow-a')).toBeDefined();
    context.taskSpecs.clear();
    failures.set('GET tasks/t', error(500, 'down'));
    now += 3000;
    await reconcile();
    expect(condition()).toMatchObject({ reason: 'PipelineRunTimeout' });
    expect(requests).toContain('PATCH taskruns/flow-a');
  });
});

describe('names that can not be', () => {
  test('a run of more than 63 characters is refused', async () => {
    create({ pipelineSpec: TASKS });
    const run = context.pipelineRuns.get(KEY)!;
    context.pipelineRuns.delete(KEY);
    const name = 'x'.repeat(64);
    context.pipelineRuns.set({ ...run, metadata: { ...run.metadata, name } });
    await reconcilePipelineRun(context, `ci/${name}`);
    const written = bodies.get(`PUT pipelineruns/${name}/status`) as PipelineRun;
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
    create(spec);
    await reconcile();
    expect(condition()).toMatchObject({ status: 'False', reason: 'PipelineValidationFailed' });
    expect(condition()?.message).toContain(message);
    expect(requests.filter((request) => request.startsWith('GET'))).toEqual([]);
  });
});

test('a skipped task keeps the reason it was skipped for', async () => {
  const when = [{ input: 'a', operator: 'in', values: ['b'] }];
  create({ pipelineSpec: { tasks: [...TASKS.tasks, { name: 'gated', when, taskSpec: { steps } }] } });
  await reconcile();
  const taskRun = context.taskRuns.get('ci/flow-a')!;
  const failed = { type: 'Succeeded', status: 'False' as const, reason: 'StepFailed' };
  context.taskRuns.set({ ...taskRun, status: { conditions: [failed] } });
  await reconcile();
  expect(condition()).toMatchObject({ status: 'False', reason: 'Failed' });
  expect(context.pipelineRuns.get(KEY)?.status?.skippedTasks).toMatchObject([
    { name: 'gated', reason: 'When Expressions evaluated to false' },
  ]);
});
