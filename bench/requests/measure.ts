import { join } from 'node:path';

import type { ControllerProcess } from '../../test/peers/support/controller-process.ts';
import { startControllerProcess } from '../../test/peers/support/controller-process.ts';
import { controllerUser } from '../../test/peers/support/webhook-cluster.ts';
import { auditFlags } from '../support/audit-log.ts';
import { startPacedNode } from '../support/paced-node.ts';
import { startReconcileCounter } from '../support/reconcile-counter.ts';
import { startTestbed } from '../support/testbed.ts';
import { TASKS } from '../support/three-tasks.ts';
import { apiRequests } from './api-requests.ts';
import { add, paceOf, runAll, runOf } from './load.ts';
import type { Load } from './load.ts';

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

/** Keys that the queue of that name has handed out, by client-go's metric. Throws when there is no such metric. */
function looksOf(queue: string, metrics: readonly string[]): number {
  const line = new RegExp(`^workqueue_work_duration_seconds_count\\{name="${queue}"\\} (\\d+)`, 'm');
  const counts = metrics.map((text) => Number(line.exec(text)?.[1]));
  if (counts.some(Number.isNaN)) throw new Error(`the controller's /metrics have no work queue "${queue}"`);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Runs the load on a controller process of its own, and counts what each run cost. The testbed has its own API server, webhook and node. */
export async function measure(load: Load, signal = new AbortController().signal): Promise<LoadCost> {
  let auditLog = '';
  const testbed = await startTestbed({
    flags: (directory) => {
      auditLog = join(directory, 'audit.log');
      return auditFlags({ policyPath: join(directory, 'audit-policy.yaml'), logPath: auditLog });
    },
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
      await runAll(testbed.cluster.client, load, signal);
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
    for (const { kind, name } of await apiRequests(auditLog, controllerUser)) {
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
