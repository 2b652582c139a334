import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { createReconcileTracing } from '../../../../shared/tracing/reconcile-tracing.ts';
import type { SpanBudget } from '../../../../shared/tracing/reconcile-tracing.ts';
import { noRunTracing } from '../../../../shared/tracing/run-tracing.ts';
import type { SpanQueue } from '../../../../shared/tracing/span-queue.ts';
import { ended, FakeCluster } from './support/fake-cluster.ts';

const own = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };
const spec = {
  taskSpec: {
    steps: [
      { name: 'a', image: 'busybox', script: 'make' },
      { name: 'b', image: 'busybox', script: 'make test' },
    ],
  },
};

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

/** A traced TaskRun of two steps; `reconciles` are the names of each reconcile's spans. */
function tracedTaskRun(budget?: SpanBudget): { cluster: FakeCluster; reconciles: string[][] } {
  const reconciles: string[][] = [];
  const queue: Pick<SpanQueue, 'add'> = {
    add: (spans: ReadableSpan[]) => void reconciles.push(spans.map(({ name }) => name)),
  };
  const record = createReconcileTracing({
    queue: queue as SpanQueue,
    clusterKey: 'cluster',
    ...(budget ? { budget } : {}),
  });
  const cluster = new FakeCluster({
    tracing: { ...noRunTracing, reconcile: (span, fn) => record(span, own, fn) },
  });
  cluster.createTaskRun(spec);
  return { cluster, reconciles };
}

test('few spans: the first reconcile, which creates the Pod, and one without changes', async () => {
  const { cluster, reconciles } = tracedTaskRun();
  await cluster.reconcile();
  await cluster.reconcile();
  const [first, second] = reconciles;
  expect(first).toEqual(expect.arrayContaining(['TaskRun:ReconcileKind', 'prepare', 'createPod']));
  expect(first?.length).toBeLessThanOrEqual(70);
  expect(second).toEqual(expect.arrayContaining(['TaskRun:ReconcileKind', 'reconcile', 'MakeTaskRunStatus']));
  expect(second?.length).toBeLessThanOrEqual(25);
});

test('the reconcile that ends the TaskRun keeps its spans when the budget is used up', async () => {
  const { cluster, reconciles } = tracedTaskRun({ perReconcile: 500, perRun: 0 });
  await cluster.reconcile();
  cluster.setPodStatus({ phase: 'Succeeded', containerStatuses: [ended('step-a'), ended('step-b')] });
  await cluster.reconcile();
  expect(reconciles[0]).toEqual(['TaskRun:ReconcileKind']);
  expect(reconciles[1]).toEqual(expect.arrayContaining(['TaskRun:ReconcileKind', 'MakeTaskRunStatus', 'markComplete']));
});
