import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { startLocalCluster } from '../../cli/local/cluster.ts';
import type { LocalCluster } from '../../cli/local/cluster.ts';
import type { Run } from '../../cli/follow/follow-run.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isDone, isSuccessful } from '../../shared/tekton/conditions.ts';
import { isolation } from '../support/isolations.ts';
import { startCollector } from './support/collector.ts';
import type { Collector } from './support/collector.ts';
import { startController } from './support/controller-process.ts';
import type { ControllerProcess } from './support/controller-process.ts';
import { create, finish, pipelineRun, read, until, wholeTrace } from './support/run.ts';
import { expectWhole, named } from './support/trace.ts';

let cluster: LocalCluster;
let collector: Collector;
let controller: ControllerProcess;

beforeAll(async () => {
  cluster = await startLocalCluster({ isolation, sink: undefined, controllers: false, log: silentLogger });
});
afterAll(() => cluster.close());
beforeEach(async () => {
  collector = await startCollector(cluster.traces);
  controller = await startController(cluster, collector.url);
});
afterEach(async () => {
  await controller.stop();
  await collector.close();
});

const twoSteps = [
  { name: 'first', script: 'sleep 1' },
  { name: 'second', script: 'true' },
];

const LIFECYCLE = [
  'RUN crash',
  'admission',
  'queued',
  'task only',
  'pod scheduling',
  'pod starting',
  'init prepare',
  'step first',
  'step second',
];

test('killed in the middle of a run: the run goes on with the next controller, in one whole trace', async () => {
  const created = await create<Run>(cluster.client, pipelineRun('crash', twoSteps));
  const { run, spans } = await finish(cluster, created, async () => {
    await until(async () => (await read(cluster.client, created)).status?.childReferences?.length, 'the TaskRun');
    await controller.kill();
    controller = await startController(cluster, collector.url);
  });
  expect(isSuccessful(run)).toBe(true);
  expectWhole(spans);
  for (const name of LIFECYCLE) named(spans, name);
});

test('killed between a collector’s acceptance and the mark: the spans are sent again, and are there once', async () => {
  for (const window of ['task only', 'RUN crash']) {
    const accepted = Promise.withResolvers<void>();
    collector.onAccepted = (names) => {
      if (!names.includes(window)) return;
      collector.onAccepted = () => undefined;
      accepted.resolve();
      throw new Error('unanswered');
    };
    const created = await create<Run>(cluster.client, pipelineRun('crash', twoSteps));
    await accepted.promise;
    await controller.kill();
    const atKill = await read(cluster.client, created);
    expect(atKill.metadata.annotations?.[TRACE_EXPORTED]).toBeUndefined();
    controller = await startController(cluster, collector.url);
    const marked = await until(async () => {
      const now = await read(cluster.client, created);
      return now.metadata.annotations?.[TRACE_EXPORTED] === now.metadata.uid && now;
    }, 'the mark');
    expect(isDone(marked)).toBe(true);
    const spans = await wholeTrace(cluster, marked);
    expectWhole(spans);
    for (const name of LIFECYCLE) named(spans, name);
  }
});

test('SIGTERM: what is recorded is sent before the process ends', async () => {
  const created = await create<Run>(cluster.client, pipelineRun('crash', [{ name: 'first', script: 'true' }]));
  await finish(cluster, created);
  expect(await controller.stop()).toBe(0);
  expectWhole(await wholeTrace(cluster, created));
  controller = await startController(cluster, collector.url);
});

test('no collector: the run goes on with one warning, and its spans arrive when it is back', async () => {
  const port = Number(new URL(collector.url).port);
  await collector.close();
  const created = await create<Run>(cluster.client, pipelineRun('crash', twoSteps));
  await until(async () => isDone(await read(cluster.client, created)), 'the run’s end');
  collector = await startCollector(cluster.traces, port);
  const spans = await wholeTrace(cluster, created);
  expectWhole(spans);
  for (const name of LIFECYCLE) named(spans, name);
  const warnings = controller
    .log()
    .split('\n')
    .filter((line) => line.includes('"warn"') && line.includes('lifecycle'));
  expect(warnings).toHaveLength(1);
});
