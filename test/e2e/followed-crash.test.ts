import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

import type { Run } from '../../cli/follow/follow-run.ts';
import { startLocalCluster } from '../../cli/local/cluster.ts';
import type { LocalCluster } from '../../cli/local/cluster.ts';
import { runControllers } from '../../controller/compose.ts';
import type { ControllerProcess as Executor } from '../../controller/compose.ts';
import { LOCAL_IMAGES } from '../../controller/taskrun/pod/images.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isDone, isSuccessful } from '../../shared/tekton/conditions.ts';
import { CONTROLLER_MANAGER } from '../../shared/tracing/provenance.ts';
import { isolation } from '../support/isolations.ts';
import { startCollector } from './support/collector.ts';
import type { Collector } from './support/collector.ts';
import { startController } from './support/controller-process.ts';
import type { ControllerProcess } from './support/controller-process.ts';
import { create, pipelineRun, read, until, wholeTrace } from './support/run.ts';
import { expectWhole } from './support/trace.ts';

let cluster: LocalCluster;
/** Executes runs and knows nothing of tracing, as upstream's controller does. */
let executor: Executor;
let collector: Collector;
/** `tektrace controller --manage none`, beside it. */
let follower: ControllerProcess;

beforeAll(async () => {
  cluster = await startLocalCluster({ isolation, sink: undefined, controllers: false, log: silentLogger });
  const text = await cluster.server.kubeconfig({ user: CONTROLLER_MANAGER, groups: ['system:masters'] });
  const client = createKubeClient(loadKubeConfig({ text }), { userAgent: 'executor' });
  const policy = { manage: 'all', sampling: { ratio: 1 }, keepFailures: true } as const;
  executor = await runControllers({ client, sink: undefined, images: LOCAL_IMAGES, ...policy, log: silentLogger });
  await executor.synced;
});
afterAll(async () => {
  await executor.stop();
  await cluster.close();
});
beforeEach(async () => {
  collector = await startCollector(cluster.traces);
  follower = await startController(cluster, collector.url, 'none');
});
afterEach(async () => {
  await follower.stop();
  await collector.close();
});

const twoSteps = [
  { name: 'first', script: 'sleep 1' },
  { name: 'second', script: 'true' },
];
const NAMES = [
  ...['RUN followed', 'admission', 'init place-scripts', 'init prepare', 'pod scheduling', 'pod starting', 'queued'],
  ...['step first', 'step second', 'task only'],
];

async function expectTrace(created: Run): Promise<void> {
  const marked = await until(async () => {
    const now = await read(cluster.client, created);
    return now.metadata.annotations?.[TRACE_EXPORTED] === now.metadata.uid && now;
  }, 'the mark');
  const spans = await wholeTrace(cluster, marked);
  expectWhole(spans);
  expect(spans.map(({ name }) => name).sort()).toEqual(NAMES);
}

test('a follower that is killed while a run runs: the run ends without it, and the next one sends its trace', async () => {
  const created = await create<Run>(cluster.client, pipelineRun('followed', twoSteps));
  await until(async () => (await read(cluster.client, created)).status?.childReferences?.length, 'the TaskRun');
  await follower.kill();
  const ended = await until(async () => {
    const now = await read(cluster.client, created);
    return isDone(now) && now;
  }, 'the run’s end');
  expect(isSuccessful(ended)).toBe(true);
  follower = await startController(cluster, collector.url, 'none');
  await expectTrace(created);
});

test.each(['admission', 'task only', 'RUN followed'])(
  'a follower that is killed between the acceptance of `%s` and what follows: the spans are there once',
  async (window) => {
    const accepted = Promise.withResolvers<void>();
    collector.onAccepted = (names) => {
      if (!names.includes(window)) return;
      collector.onAccepted = () => undefined;
      accepted.resolve();
      throw new Error('unanswered');
    };
    const created = await create<Run>(cluster.client, pipelineRun('followed', twoSteps));
    await accepted.promise;
    await follower.kill();
    follower = await startController(cluster, collector.url, 'none');
    await expectTrace(created);
  },
);
