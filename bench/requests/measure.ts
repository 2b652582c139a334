import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { Reflector } from '../../shared/kubernetes/reflector.ts';
import { PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isSuccessful } from '../../shared/tekton/conditions.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import type { ControllerProcess } from '../../test/peers/support/controller-process.ts';
import { startControllerProcess } from '../../test/peers/support/controller-process.ts';
import { controllerUser } from '../../test/peers/support/webhook-cluster.ts';
import { startPacedNode } from '../support/paced-node.ts';
import type { Pace } from '../support/paced-node.ts';
import { startReconcileCounter } from '../support/reconcile-counter.ts';
import { startTestbed } from '../support/testbed.ts';
import { auditFlags, readAuditLog } from './audit-log.ts';

export interface Load {
  /** Names the runs: `<name>-<number>`. */
  name: string;
  runs: number;
  /** Milliseconds from one run's creation to the next one's; 0: all at once. */
  everyMs: number;
  /** How many controllers work at once, as two leaders would; one unless told. */
  controllers?: number;
}

/** What one run of three tasks cost. */
export interface RunCost {
  name: string;
  /** By kind (`create pods`). */
  requests: Map<string, number>;
  total: number;
  pipelineRunReconciles: number;
  /** One a TaskRun. */
  taskRunReconciles: number[];
}

export interface LoadCost {
  load: Load;
  runs: RunCost[];
  /** What the controller asked that belongs to no run: lists, its cluster's name. */
  shared: Map<string, number>;
  /** How many keys came out of the work queues, those included for which there was nothing to do: what upstream's metrics count. */
  looks: { pipelineRun: number; taskRun: number };
}

const TASKS = ['a', 'b', 'c'];
const STOP_TIMEOUT_MS = 120_000;
const PENDING_MS = { min: 150, spread: 1200 };
const RUNNING_MS = { min: 200, spread: 2000 };

/** a and b in parallel, then c. */
function pipelineRun(name: string): object {
  const taskSpec = { steps: [{ name: 'only', image: 'busybox', command: ['true'] }] };
  const tasks = TASKS.map((task) => ({ name: task, taskSpec, ...(task === 'c' ? { runAfter: ['a', 'b'] } : {}) }));
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name, namespace: 'default' },
    spec: { pipelineSpec: { tasks } },
  };
}

/** The same Pod takes the same time in every measurement. */
function paceOf({ metadata }: Pod): Pace {
  const [pending = 0, running = 0] = createHash('sha256')
    .update(metadata.name ?? '')
    .digest();
  const part = ({ min, spread }: { min: number; spread: number }, byte: number): number => min + (spread * byte) / 255;
  return { pendingMs: part(PENDING_MS, pending), runningMs: part(RUNNING_MS, running) };
}

/** Creates the runs, and resolves when the mark is on all of them. Throws when one does not succeed, or takes longer than two minutes. */
async function runAll(client: KubeClient, { name, runs, everyMs }: Load): Promise<void> {
  const path = resourcePath(PIPELINE_RUNS, { namespace: 'default' });
  const watch = new AbortController();
  const open = new Set(Array.from({ length: runs }, (_, index) => `${name}-${index}`));
  const done = Promise.withResolvers<void>();
  const seen = (run: PipelineRun): void => {
    const { uid, annotations, name: runName = '' } = run.metadata;
    if (annotations?.[TRACE_EXPORTED] !== uid || !open.delete(runName)) return;
    if (!isSuccessful(run)) done.reject(new Error(`${runName} failed: ${JSON.stringify(run.status?.conditions)}`));
    if (open.size === 0) done.resolve();
  };
  const reflector = new Reflector<PipelineRun>({ client, resource: PIPELINE_RUNS, log: silentLogger });
  reflector.addHandler({ added: seen, updated: seen, deleted: () => undefined });
  const watched = reflector.run(watch.signal);
  await reflector.synced;
  const late = setTimeout(
    () => done.reject(new Error(`not done after ${STOP_TIMEOUT_MS} ms: ${[...open].join(', ')}`)),
    STOP_TIMEOUT_MS + runs * everyMs,
  );
  try {
    const created = [...open].map(async (runName, index) => {
      await delay(index * everyMs);
      await client.request('POST', path, { body: pipelineRun(runName) });
    });
    await Promise.all([...created, done.promise]);
  } finally {
    clearTimeout(late);
    watch.abort();
    await watched;
  }
}

function add(counts: Map<string, number>, kind: string): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

/** The run that an object belongs to: TaskRuns, Pods and Events have its name at their beginning. */
function runOf(objectName: string, { name }: Load): string | undefined {
  return new RegExp(`^${name}-\\d+(?=$|[-.])`).exec(objectName)?.[0];
}

/** Keys that the queue of that name has handed out, by client-go's metric. Throws when there is no such metric. */
function looksOf(queue: string, metrics: readonly string[]): number {
  const line = new RegExp(`^workqueue_work_duration_seconds_count\\{name="${queue}"\\} (\\d+)`, 'm');
  const counts = metrics.map((text) => Number(line.exec(text)?.[1]));
  if (counts.some(Number.isNaN)) throw new Error(`the controller's /metrics have no work queue "${queue}"`);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Runs the load on a controller process of its own, and counts what each run cost. The testbed has its own API server, webhook and node. */
export async function measure(load: Load): Promise<LoadCost> {
  let auditLog = '';
  const testbed = await startTestbed((directory) => {
    auditLog = join(directory, 'audit.log');
    return auditFlags(join(directory, 'audit-policy.yaml'), auditLog);
  });
  const counter = await startReconcileCounter();
  const node = await startPacedNode({ client: testbed.cluster.client, paceOf });
  try {
    const start = (): Promise<ControllerProcess> =>
      startControllerProcess({
        kubeconfigPath: testbed.controllerKubeconfig,
        collectorUrl: counter.url,
        directory: testbed.directory,
      });
    const controllers = await Promise.all(Array.from({ length: load.controllers ?? 1 }, start));
    // They send what is left (Events, spans) before they end.
    const stop = (): Promise<unknown> => Promise.all(controllers.map((controller) => controller.stop()));
    let metrics: string[] = [];
    try {
      await runAll(testbed.cluster.client, load);
      metrics = await Promise.all(controllers.map((controller) => controller.metrics()));
    } finally {
      await stop();
    }
    const looks = { pipelineRun: looksOf('pipelinerun', metrics), taskRun: looksOf('taskrun', metrics) };
    const costs = new Map<string, RunCost>();
    for (let index = 0; index < load.runs; index++) {
      const name = `${load.name}-${index}`;
      costs.set(name, {
        name,
        requests: new Map(),
        total: 0,
        pipelineRunReconciles: counter.counts.get(`PipelineRun ${name}`) ?? 0,
        taskRunReconciles: TASKS.map((task) => counter.counts.get(`TaskRun ${name}-${task}`) ?? 0),
      });
    }
    const shared = new Map<string, number>();
    for (const { kind, name } of await readAuditLog(auditLog, controllerUser)) {
      const cost = costs.get(runOf(name, load) ?? '');
      add(cost?.requests ?? shared, kind);
      if (cost) cost.total += 1;
    }
    return { load, runs: [...costs.values()], shared, looks };
  } finally {
    await node.stop();
    await counter.close();
    await testbed.stop();
  }
}
