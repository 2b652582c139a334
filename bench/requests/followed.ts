import { join } from 'node:path';

import { MUTATING_WEBHOOK_CONFIGURATIONS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { controllerUser, webhookAnswers } from '../../test/peers/support/webhook-cluster.ts';
import { upstreamExecutes } from '../../test/peers/support/upstream/executes.ts';
import { startMeasuredController } from '../memory/controller.ts';
import { auditFlags } from '../support/audit-log.ts';
import { startCollector } from '../support/collector.ts';
import { startPacedNode } from '../support/paced-node.ts';
import { startTestbed } from '../support/testbed.ts';
import { apiRequests } from './api-requests.ts';
import { add, paceOf, runAll, runOf } from './load.ts';
import type { Load } from './load.ts';

/** What runs that upstream executes cost Tektrace's controller. */
export interface FollowedCost {
  load: FollowedLoad;
  /** API requests of each run, by kind (`patch pipelineruns`). */
  runs: Map<string, number>[];
  /** API requests that belong to no run: lists, the cluster's name. */
  shared: Map<string, number>;
  /** What the process used from the first creation to the last mark; memory after a garbage collection. All runs stay in the cluster. */
  used: { cpuSeconds: number; rssBytes: number; heapBytes: number };
}

export interface FollowedLoad extends Load {
  /** Whether the webhook has seen the runs. */
  webhook: boolean;
}

/** Runs the loads one after the other, on one testbed: real kube-apiserver, real upstream controller and webhook, a played node. Loads without the webhook come last. */
export async function measureFollowed(loads: FollowedLoad[], signal: AbortSignal): Promise<FollowedCost[]> {
  const stops: (() => Promise<unknown>)[] = [];
  let auditLog = '';
  try {
    const upstream = upstreamExecutes();
    stops.push(() => upstream.stop());
    const testbed = await startTestbed({
      ...upstream.cluster,
      prepare: upstream.prepare,
      flags: (directory) => {
        auditLog = join(directory, 'audit.log');
        return auditFlags({ policyPath: join(directory, 'audit-policy.yaml'), logPath: auditLog });
      },
    });
    // Upstream's processes end first: what they ask for while the API server goes away is only noise.
    stops.unshift(() => testbed.stop());
    const { client } = testbed.cluster;
    const collector = await startCollector(() => undefined);
    stops.push(() => collector.close());
    const node = await startPacedNode({ client, paceOf });
    stops.push(() => node.stop());
    const controller = await startMeasuredController({
      ...{ kubeconfigPath: testbed.controllerKubeconfig, collectorUrl: collector.url, directory: testbed.directory },
      manage: 'none',
    });
    stops.push(() => controller.stop());
    const costs: FollowedCost[] = [];
    let webhook = true;
    for (const load of loads) {
      if (webhook && !load.webhook) {
        webhook = false;
        await client.request('DELETE', resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: 'tektrace-webhook' }));
        await webhookAnswers(client, false);
      }
      const before = await controller.memory();
      await runAll(client, load, signal);
      const after = await controller.memory();
      const used = {
        cpuSeconds: after.cpuSeconds - before.cpuSeconds,
        rssBytes: after.rssBytes - before.rssBytes,
        heapBytes: after.heapUsedBytes - before.heapUsedBytes,
      };
      costs.push({ load, runs: [], shared: new Map(), used });
    }
    // It sends the Events that are left before it ends.
    await controller.stop();
    const requests = await apiRequests(auditLog, controllerUser);
    for (const cost of costs) {
      const runs = new Map<string, Map<string, number>>();
      for (let index = 0; index < cost.load.runs; index++) runs.set(`${cost.load.name}-${index}`, new Map());
      for (const { kind, name } of requests) {
        const run = runs.get(runOf(name, cost.load) ?? '');
        if (run) add(run, kind);
        else if (!loads.some((load) => runOf(name, load) !== undefined)) add(cost.shared, kind);
      }
      cost.runs = [...runs.values()];
    }
    return costs;
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}
