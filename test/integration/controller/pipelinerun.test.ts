import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import {
  PERSISTENT_VOLUME_CLAIMS,
  PIPELINE_RUNS,
  PIPELINES,
  TASK_RUNS,
  TASKS,
} from '../../../shared/kubernetes/resources.ts';
import { isDone, succeededCondition } from '../../../shared/tekton/conditions.ts';
import type { PipelineRun, PipelineRunSpec, PipelineTask, TaskRun } from '../../../shared/tekton/types.ts';
import { startPipelineRunFixture } from './support/pipeline-runs.ts';
import type { PipelineRunFixture } from './support/pipeline-runs.ts';

let fixture: PipelineRunFixture;
beforeAll(async () => void (fixture = await startPipelineRunFixture()));
afterAll(() => fixture.close());

const steps = [{ name: 's', image: 'busybox', script: 'true' }];
const task = (name: string, more: Partial<PipelineTask> = {}): PipelineTask => ({ name, taskSpec: { steps }, ...more });

const create = (name: string, spec: PipelineRunSpec, annotations: Record<string, string> = {}): Promise<PipelineRun> =>
  fixture.create(PIPELINE_RUNS, {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name, annotations },
    spec,
  });
const done = (name: string): Promise<PipelineRun> => fixture.run(name, isDone);
const condition = (run: PipelineRun) => {
  const { status, reason, message } = succeededCondition(run) ?? {};
  return { status, reason, message };
};

describe('a run of parallel tasks, one after them and one in finally', () => {
  test('passes params, results and the state of the tasks on, and reports its results', async () => {
    const produce = { steps, results: [{ name: 'digest' }] };
    await create('flow', {
      params: [{ name: 'revision', value: 'main' }],
      pipelineSpec: {
        params: [{ name: 'revision' }, { name: 'flags', type: 'array', default: ['-a', '$(params.revision)'] }],
        tasks: [
          { name: 'lint', taskSpec: { steps: [{ name: 's', image: 'busybox', script: 'echo $(params.revision)' }] } },
          {
            name: 'build',
            taskSpec: { ...produce, params: [{ name: 'flags', type: 'array' }] },
            params: [{ name: 'flags', value: '$(params.flags[*])' }],
          },
          {
            name: 'package',
            runAfter: ['lint'],
            taskSpec: { steps, params: [{ name: 'digest' }] },
            params: [{ name: 'digest', value: '$(tasks.build.results.digest)' }],
          },
        ],
        finally: [
          {
            name: 'report',
            taskSpec: { steps, params: [{ name: 'state' }] },
            params: [{ name: 'state', value: '$(tasks.status) $(tasks.lint.status)' }],
          },
        ],
        results: [{ name: 'image', value: 'app@$(tasks.build.results.digest)' }],
      },
    });
    const lint = await fixture.taskRun('flow-lint');
    expect(lint.spec.taskSpec?.steps?.[0]?.script).toBe('echo main');
    expect(lint.metadata.labels).toMatchObject({
      'tekton.dev/pipeline': 'flow',
      'tekton.dev/pipelineRun': 'flow',
      'tekton.dev/pipelineTask': 'lint',
      'tekton.dev/memberOf': 'tasks',
    });
    expect((await fixture.taskRun('flow-build')).spec.params).toEqual([{ name: 'flags', value: ['-a', 'main'] }]);
    await fixture.finish('flow-lint');
    await fixture.finish('flow-build', { results: [{ name: 'digest', value: 'sha256:1' }] });
    expect((await fixture.taskRun('flow-package')).spec.params).toEqual([{ name: 'digest', value: 'sha256:1' }]);
    await fixture.finish('flow-package');
    expect((await fixture.taskRun('flow-report')).spec.params).toEqual([
      { name: 'state', value: 'Succeeded Succeeded' },
    ]);
    await fixture.finish('flow-report');

    const run = await done('flow');
    expect(condition(run)).toEqual({
      status: 'True',
      reason: 'Succeeded',
      message: 'Tasks Completed: 4 (Failed: 0, Cancelled 0), Skipped: 0',
    });
    expect(run.status?.results).toEqual([{ name: 'image', value: 'app@sha256:1' }]);
    expect(run.status?.childReferences?.map(({ name }) => name)).toEqual([
      'flow-lint',
      'flow-build',
      'flow-package',
      'flow-report',
    ]);
    expect(Date.parse(run.status?.completionTime ?? '')).toBeGreaterThanOrEqual(
      Date.parse(run.status?.startTime ?? ''),
    );
  });

  test('a failed task keeps the rest from starting, finally still runs, and the run fails', async () => {
    await create('broken', {
      pipelineSpec: { tasks: [task('first'), task('second', { runAfter: ['first'] })], finally: [task('cleanup')] },
    });
    await fixture.finish('broken-first', { condition: { status: 'False', reason: 'StepFailed' } });
    await fixture.finish('broken-cleanup');
    const run = await done('broken');
    expect(condition(run)).toEqual({
      status: 'False',
      reason: 'Failed',
      message: 'Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 1',
    });
    expect(run.status?.skippedTasks).toEqual([{ name: 'second', reason: 'PipelineRun was stopping' }]);
  });

  test('a false when skips the task and not those that only come after it', async () => {
    const when = [{ input: '$(params.deploy)', operator: 'in', values: ['yes'] }];
    await create('gated', {
      params: [{ name: 'deploy', value: 'no' }],
      pipelineSpec: {
        params: [{ name: 'deploy' }],
        tasks: [task('deploy', { when }), task('notify', { runAfter: ['deploy'] })],
      },
    });
    await fixture.finish('gated-notify');
    const run = await done('gated');
    expect(condition(run)).toMatchObject({ status: 'True', reason: 'Completed' });
    expect(run.status?.skippedTasks?.[0]).toMatchObject({
      name: 'deploy',
      reason: 'When Expressions evaluated to false',
    });
  });

  test('a result that a successful task did not write fails the run with its name', async () => {
    const tasks = [
      { name: 'produce', taskSpec: { steps, results: [{ name: 'digest' }] } },
      {
        name: 'use',
        taskSpec: { steps, params: [{ name: 'p' }] },
        params: [{ name: 'p', value: '$(tasks.produce.results.digest)' }],
      },
    ];
    await create('no-result', { pipelineSpec: { tasks } });
    await fixture.finish('no-result-produce');
    const run = await done('no-result');
    expect(condition(run)).toMatchObject({ status: 'False', reason: 'PipelineValidationFailed' });
    expect(condition(run).message).toContain('Could not find result with name digest for pipeline task produce');
  });
});

test('Pipelines and Tasks are found by name, and their TaskRuns refer to them', async () => {
  await fixture.create(TASKS, {
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    metadata: { name: 'compile' },
    spec: { steps },
  });
  await fixture.create(PIPELINES, {
    apiVersion: 'tekton.dev/v1',
    kind: 'Pipeline',
    metadata: { name: 'app' },
    spec: { tasks: [{ name: 'c', taskRef: { name: 'compile' } }] },
  });
  await create('by-name', { pipelineRef: { name: 'app' } });
  const taskRun = await fixture.taskRun('by-name-c');
  expect(taskRun.spec.taskRef).toEqual({ name: 'compile' });
  expect(taskRun.metadata.labels?.['tekton.dev/pipeline']).toBe('app');
  await fixture.finish('by-name-c');
  expect(condition(await done('by-name'))).toMatchObject({ status: 'True' });
});

test.each<[string, PipelineRunSpec, string, string]>([
  [
    'no-pipeline',
    { pipelineRef: { name: 'nowhere' } },
    'CouldntGetPipeline',
    'pipelines.tekton.dev "nowhere" not found',
  ],
  [
    'no-task',
    { pipelineSpec: { tasks: [{ name: 'a', taskRef: { name: 'nothing' } }] } },
    'CouldntGetTask',
    'tasks.tekton.dev "nothing" not found',
  ],
  ['no-param', { pipelineSpec: { params: [{ name: 'p' }], tasks: [task('a')] } }, 'ParameterMissing', 'p'],
  [
    'no-workspace',
    { pipelineSpec: { workspaces: [{ name: 'w' }], tasks: [task('a')] } },
    'InvalidWorkspaceBindings',
    '"w"',
  ],
  [
    'cyclic',
    { pipelineSpec: { tasks: [task('a', { runAfter: ['b'] }), task('b', { runAfter: ['a'] })] } },
    'PipelineInvalidGraph',
    'cycle detected: a → b → a',
  ],
  [
    'no-such-param',
    { pipelineSpec: { tasks: [task('a', { params: [{ name: 'p', value: '$(params.typo)' }] })] } },
    'PipelineValidationFailed',
    '"typo"',
  ],
  [
    'matrixed',
    { pipelineSpec: { tasks: [{ ...task('a'), matrix: { params: [{ name: 'p', value: ['1'] }] } }] } },
    'PipelineValidationFailed',
    'spec.pipelineSpec.tasks[0].matrix',
  ],
])('%s: the run fails with the reason and the name', async (name, spec, reason, words) => {
  await create(name, spec);
  const run = await done(name);
  expect(condition(run)).toMatchObject({ status: 'False', reason });
  expect(condition(run).message).toContain(words);
});

test('a volumeClaimTemplate becomes one claim that the run owns and its tasks share', async () => {
  const workspaces = [
    {
      name: 'source',
      volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } } },
    },
  ];
  const bound = { workspaces: [{ name: 'source' }], taskSpec: { steps, workspaces: [{ name: 'source' }] } };
  await create('shared', {
    workspaces,
    pipelineSpec: {
      workspaces: [{ name: 'source' }],
      tasks: [task('a', bound), task('b', { ...bound, workspaces: [{ name: 'source', subPath: 'b' }] })],
    },
  });
  const [a, b] = await Promise.all([fixture.taskRun('shared-a'), fixture.taskRun('shared-b')]);
  const claimName = a.spec.workspaces?.[0]?.persistentVolumeClaim?.claimName ?? '';
  expect(b.spec.workspaces).toEqual([{ name: 'source', subPath: 'b', persistentVolumeClaim: { claimName } }]);
  const claim = await fixture.get<PipelineRun>(PERSISTENT_VOLUME_CLAIMS, claimName);
  expect(claim.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'PipelineRun', name: 'shared' });
});

test('cancelling cancels the TaskRuns and ends the run', async () => {
  await create('cancelled', { pipelineSpec: { tasks: [task('a')], finally: [task('f')] } });
  await fixture.taskRun('cancelled-a');
  await fixture.patch(PIPELINE_RUNS, 'cancelled', { spec: { status: 'Cancelled' } });
  expect(condition(await done('cancelled'))).toEqual({
    status: 'False',
    reason: 'Cancelled',
    message: 'PipelineRun "cancelled" was cancelled',
  });
  await fixture.taskRun('cancelled-a', ({ spec }) => spec.status === 'TaskRunCancelled');
});

test('a TaskRun that arrives after the end of its cancelled run is cancelled; one of another owner is not', async () => {
  await create('ended', { pipelineSpec: { tasks: [task('a')] } });
  const { metadata, spec } = await fixture.taskRun('ended-a');
  await fixture.patch(PIPELINE_RUNS, 'ended', { spec: { status: 'Cancelled' } });
  await done('ended');
  const late = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', spec };
  await fixture.create(TASK_RUNS, { ...late, metadata: { name: 'stranger' } });
  await fixture.create(TASK_RUNS, { ...late, metadata: { name: 'late', ownerReferences: metadata.ownerReferences } });
  await fixture.taskRun('late', ({ spec: { status } }) => status === 'TaskRunCancelled');
  expect((await fixture.get<TaskRun>(TASK_RUNS, 'stranger')).spec.status).toBeUndefined();
});

test('CancelledRunFinally stops the tasks and lets finally run', async () => {
  await create('graceful', {
    pipelineSpec: { tasks: [task('a'), task('b', { runAfter: ['a'] })], finally: [task('f')] },
  });
  await fixture.taskRun('graceful-a');
  await fixture.patch(PIPELINE_RUNS, 'graceful', { spec: { status: 'CancelledRunFinally' } });
  await fixture.taskRun('graceful-a', ({ spec }) => spec.status === 'TaskRunCancelled');
  await fixture.finish('graceful-a', { condition: { status: 'False', reason: 'TaskRunCancelled' } });
  await fixture.finish('graceful-f');
  const run = await done('graceful');
  expect(condition(run)).toMatchObject({ status: 'False', reason: 'Cancelled' });
  expect(run.status?.skippedTasks).toEqual([{ name: 'b', reason: 'PipelineRun was gracefully cancelled' }]);
});

test('a run past its timeout ends, and its TaskRuns have the reason', async () => {
  await create('slow', { timeouts: { pipeline: '300ms' }, pipelineSpec: { tasks: [task('a')] } });
  const run = await done('slow');
  expect(condition(run)).toEqual({
    status: 'False',
    reason: 'PipelineRunTimeout',
    message: 'PipelineRun "slow" failed to finish within "300ms"',
  });
  const taskRun = await fixture.taskRun('slow-a', ({ spec }) => spec.status === 'TaskRunCancelled');
  expect(taskRun.spec.statusMessage).toContain('has timed out');
});

test('the trace context goes to the TaskRuns, the annotations of one run only do not', async () => {
  const context = '{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}';
  await create(
    'traced',
    { pipelineSpec: { tasks: [task('a')] } },
    { 'tekton/pipelinerun-span-context': context, 'tekton/admission-time': 'x', team: 'blue' },
  );
  const { metadata } = await fixture.taskRun('traced-a');
  expect(metadata.annotations).toEqual({
    team: 'blue',
    'tekton/taskrun-span-context': context,
    'tekton.dev/taskrunSpanContext': context,
  });
});

test('a controller that starts in the middle of a run takes it over', async () => {
  await create('resumed', { pipelineSpec: { tasks: [task('a'), task('b', { runAfter: ['a'] })] } });
  await fixture.taskRun('resumed-a');
  await fixture.restart();
  await fixture.finish('resumed-a');
  await fixture.finish('resumed-b');
  expect(condition(await done('resumed'))).toMatchObject({ status: 'True', reason: 'Succeeded' });
});

test('a TaskRun of that name with another owner is not changed', async () => {
  await fixture.create(TASK_RUNS, {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name: 'taken-a' },
    spec: { taskSpec: { steps } },
  });
  await create('taken', { pipelineSpec: { tasks: [task('a')] } });
  const run = await done('taken');
  expect(condition(run)).toMatchObject({ status: 'False', reason: 'CreateRunFailed' });
  expect(condition(run).message).toContain('TaskRun default/taken-a exists already');
});

test('a run that another controller manages is not touched', async () => {
  await create('foreign', { managedBy: 'kueue.x-k8s.io/multikueue', pipelineSpec: { tasks: [task('a')] } });
  await create('ours', { managedBy: 'tektrace.dev/controller', pipelineSpec: { tasks: [task('a')] } });
  const taskRun = await fixture.taskRun('ours-a');
  expect(taskRun.spec.managedBy).toBe('tektrace.dev/controller');
  expect(taskRun.metadata.ownerReferences?.[0]?.controller).toBe(false);
  expect((await fixture.get<PipelineRun>(PIPELINE_RUNS, 'foreign')).status).toBeUndefined();
});
