import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { startLocalCluster } from '../../cli/local/cluster.ts';
import type { LocalCluster } from '../../cli/local/cluster.ts';
import type { Run } from '../../cli/follow/follow-run.ts';
import { MERGE_PATCH, PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { STATUS_CODE } from '../../shared/otlp/types.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { isDone, succeededCondition } from '../../shared/tekton/conditions.ts';
import { isolation } from '../support/isolations.ts';
import { create, finish, pipelineRun, printing, wholeTrace } from './support/run.ts';
import { expectWhole, named } from './support/trace.ts';

let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await startLocalCluster({ isolation, sink: undefined, log: silentLogger });
});
afterAll(() => cluster.close());

const result = 'cicd.pipeline.result';
const taskResult = 'cicd.pipeline.task.run.result';

test('a failing step: the step, its task and the run are failures with the exit code at the step', async () => {
  const { run, spans } = await finish(
    cluster,
    await create<Run>(
      cluster.client,
      pipelineRun('fails', [
        { name: 'good', script: 'true' },
        { name: 'bad', script: 'exit 3' },
        { name: 'never', script: 'true' },
      ]),
    ),
  );
  expect(succeededCondition(run)?.reason).toBe('Failed');
  const root = expectWhole(spans);
  expect(root.attributes).toMatchObject({ [result]: 'failure', 'error.type': 'StepFailed' });
  expect(named(spans, 'task only').attributes).toMatchObject({ [taskResult]: 'failure', 'error.type': 'StepFailed' });
  expect(named(spans, 'step bad').attributes).toMatchObject({ 'process.exit.code': '3', [taskResult]: 'failure' });
  expect(named(spans, 'step never').attributes).toMatchObject({ [taskResult]: 'skip' });
  expect([root, named(spans, 'task only'), named(spans, 'step bad')].map((span) => span.status)).toEqual(
    Array(3).fill(STATUS_CODE.error),
  );
  expect([named(spans, 'step good'), named(spans, 'step never')].map((span) => span.status)).toEqual(
    Array(2).fill(STATUS_CODE.unset),
  );
});

test('a run that is out of time is a timeout', async () => {
  const { run, spans } = await finish(
    cluster,
    await create<Run>(
      cluster.client,
      pipelineRun('slow', [{ name: 'sleep', script: 'sleep 60' }], { timeouts: { pipeline: '2s' } }),
    ),
  );
  expect(succeededCondition(run)?.reason).toBe('PipelineRunTimeout');
  const root = expectWhole(spans);
  expect(root.attributes).toMatchObject({ [result]: 'timeout', 'error.type': 'PipelineRunTimeout' });
  expect(root.status).toBe(STATUS_CODE.error);
});

test('a task that is out of time is a timeout of the task', async () => {
  const created = pipelineRun('slow-task', [{ name: 'sleep', script: 'sleep 60' }]);
  const [task] = created.spec.pipelineSpec?.tasks ?? [];
  if (task) task.timeout = '2s';
  const { spans } = await finish(cluster, await create<Run>(cluster.client, created));
  expect(named(spans, 'task only').attributes).toMatchObject({
    [taskResult]: 'timeout',
    'error.type': 'TaskRunTimeout',
  });
  expect(expectWhole(spans).attributes[result]).toBe('failure');
});

test('a cancelled run is a cancellation and no error', async () => {
  const { run, spans } = await finish(
    cluster,
    await create<Run>(cluster.client, pipelineRun('cancelled', [{ name: 'sleep', script: 'echo here; sleep 60' }])),
    async (started) => {
      await printing(cluster, started);
      const path = resourcePath(PIPELINE_RUNS, { namespace: 'default', name: started.metadata.name });
      await cluster.client.request('PATCH', path, {
        body: { spec: { status: 'Cancelled' } },
        contentType: MERGE_PATCH,
      });
    },
  );
  expect(succeededCondition(run)?.reason).toBe('Cancelled');
  const root = expectWhole(spans);
  expect(root.attributes[result]).toBe('cancellation');
  expect(named(spans, 'task only').attributes[taskResult]).toBe('cancellation');
  expect([root.status, named(spans, 'task only').status]).toEqual([STATUS_CODE.unset, STATUS_CODE.unset]);
});

test('a deleted run leaves its trace, as a cancellation', async () => {
  const created = await create<Run>(
    cluster.client,
    pipelineRun('deleted', [{ name: 'sleep', script: 'echo here; sleep 60' }]),
  );
  await printing(cluster, created);
  await cluster.client.request(
    'DELETE',
    resourcePath(PIPELINE_RUNS, { namespace: 'default', name: created.metadata.name }),
  );
  const root = expectWhole(await wholeTrace(cluster, created));
  expect(root.attributes).toMatchObject({ [result]: 'cancellation', 'error.type': 'deleted' });
});

test('a step that cannot start ends the run with the reason', async () => {
  const missing = {
    name: 'env',
    env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'nobody-made-it', key: 'a' } } }],
    script: 'true',
  };
  const { run, spans } = await finish(
    cluster,
    await create<Run>(cluster.client, pipelineRun('cannot-start', [missing])),
  );
  expect(isDone(run)).toBe(true);
  const task = named(spans, 'task only');
  expect(task.attributes).toMatchObject({ [taskResult]: 'error', 'error.type': 'CreateContainerConfigError' });
  expect(task.status).toBe(STATUS_CODE.error);
  expectWhole(spans);
});
