import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';

import { CONFIGMAPS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { compact } from './support/compact.ts';
import { createRun, startLoad } from './support/load.ts';
import { startObserver } from './support/observer.ts';
import type { Observer } from './support/observer.ts';
import { startProxy } from './support/proxy.ts';
import type { Proxy } from './support/proxy.ts';
import { ELECTION, report, startTestbed } from './support/testbed.ts';
import type { TestedController, Testbed } from './support/testbed.ts';
import { checkTraces } from './support/traces.ts';

/** For what takes seconds on an idle machine. */
const SETTLE_MS = 300_000;
/** So that the same process lives on when an API server takes long to start. */
const PATIENT = ['--leader-elect-lease-duration=180s', '--leader-elect-renew-deadline=120s'];
/** After this time without a word a reflector takes its watch for dead. */
const IDLE_MS = 240_000;

describe('one controller process, whose API server and network fail', () => {
  let testbed: Testbed;
  let proxy: Proxy;
  let controller: TestedController;
  /** Behind the same proxy. */
  let observer: Observer;
  /** Its connections are dead from the beginning, and nobody tells it. */
  let deaf: { observer: Observer; proxy: Proxy; sinceMs: number };

  beforeAll(async () => {
    testbed = await startTestbed();
    const server = new URL(testbed.cluster.server.url);
    proxy = await startProxy(server);
    controller = await testbed.startController({ proxy, extraArgs: [...ELECTION, ...PATIENT] });
    observer = await startObserver(testbed.clientThrough(proxy));
    const frozen = await startProxy(server);
    deaf = { observer: await startObserver(testbed.clientThrough(frozen)), proxy: frozen, sinceMs: Date.now() };
    frozen.freeze();
  }, 300_000);
  afterAll(async () => {
    await observer.stop();
    await deaf.observer.stop();
    await testbed.stop();
    await proxy.close();
    await deaf.proxy.close();
  }, 300_000);

  const seen = ({ pipelineRuns, taskRuns, pods }: Observer) => [pipelineRuns, taskRuns, pods];
  /** Complete lists so far: of the observer's reflectors, then of the controller's. */
  const listCounts = async (): Promise<number[]> => [
    ...seen(observer).map(({ counts }) => counts.lists),
    ...Object.values(await controller.lists()),
  ];

  /** Resolves when each count is `wanted` at least. */
  async function listedAnew(wanted: number[]): Promise<void> {
    const late = Date.now() + SETTLE_MS;
    for (;;) {
      const counts = await listCounts();
      if (counts.length === wanted.length && counts.every((count, index) => count >= (wanted[index] ?? 0))) return;
      if (Date.now() > late) throw new Error(`not after ${SETTLE_MS} ms: lists ${wanted.join()}, but ${counts.join()}`);
      await delay(200);
    }
  }

  /** Every run of the load is done and traced, whole; all that watches is alive and right. */
  async function expectAllWell(names: string[]): Promise<void> {
    const runs = await observer.succeeded(names, SETTLE_MS);
    const oneMore = `${names[0]}-after`;
    const createdAt = Date.now();
    await createRun(testbed.cluster.client, oneMore);
    runs.push(...(await observer.succeeded([oneMore], SETTLE_MS)));
    report(`the next run was done ${Date.now() - createdAt} ms after its creation`);
    await observer.equalsList(testbed.cluster.client, SETTLE_MS);
    const { problems, repeated, lifecycleSpans, spans } = await checkTraces(runs, testbed);
    report(`${runs.length} runs: ${lifecycleSpans} lifecycle spans, ${spans} in all, ${repeated} more sent twice`);
    for (const { counts, uids } of seen(observer))
      report(`${[...uids.keys()].length} objects, ${JSON.stringify(counts)}`);
    expect(problems).toEqual([]);
    for (const { problems: misordered, uids } of seen(observer)) {
      expect(misordered).toEqual([]);
      expect([...uids].filter(([, all]) => all.size !== 1)).toEqual([]);
    }
    const [pipelineRuns = 0, taskRuns, pods] = seen(observer).map(({ uids }) => uids.size);
    expect([taskRuns, pods]).toEqual([3 * pipelineRuns, 3 * pipelineRuns]);
  }

  test('kube-apiserver and etcd are killed and come back', async () => {
    const { client, server } = testbed.cluster;
    const load = startLoad(client, { prefix: 'killed', runs: 200, everyMs: 300 });
    for (const name of ['kube-apiserver', 'etcd'] as const) {
      await delay(12_000);
      const from = Date.now();
      await server.crash(name);
      report(`${name} was away for ${Date.now() - from} ms`);
    }
    await load.created;
    await expectAllWell(load.names);
  }, 900_000);

  test('all connections are cut every two seconds for a minute, half of them after they were silent for a second', async () => {
    const load = startLoad(testbed.cluster.client, { prefix: 'cut', runs: 200, everyMs: 300 });
    let [cut, frozen] = [0, 0];
    for (let round = 0; round < 30; round++) {
      await delay(1_000);
      if (round % 2 === 1) frozen += proxy.freeze();
      await delay(1_000);
      cut += proxy.cut();
    }
    report(`${cut} connections were cut, ${frozen} of them silent`);
    expect(cut).toBeGreaterThan(30);
    expect(frozen).toBeGreaterThan(15);
    await load.created;
    await expectAllWell(load.names);
  }, 900_000);

  test('etcd is compacted while no watch is open: each watch gets 410 and lists again', async () => {
    const { client, server } = testbed.cluster;
    // Its cache would know the versions of more than a minute, compacted or not.
    await server.crash('kube-apiserver', ['--watch-cache=false']);
    await observer.equalsList(client, SETTLE_MS);
    const before = await listCounts();
    const load = startLoad(client, { prefix: 'compacted', runs: 60, everyMs: 300 });
    for (let round = 1; round <= 3; round++) {
      await delay(3_000);
      proxy.refuse();
      proxy.cut();
      await delay(1_000);
      // Written while no watch is open: each watch has an older version.
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'version-' } };
      const write = (): Promise<KubeObject> =>
        client.request<KubeObject>('POST', resourcePath(CONFIGMAPS, { namespace: 'default' }), { body });
      await write();
      const { metadata } = await write();
      await compact(server.etcdUrl, metadata.resourceVersion ?? '');
      proxy.accept();
      // Who was not there when a version was forgotten is not there for the next one, either: the next round waits.
      // Kinds that this API server does not have are never listed.
      await listedAnew(before.map((count) => (count === 0 ? 0 : count + round)));
    }
    await load.created;
    await expectAllWell(load.names);
  }, 900_000);

  test('a watch whose connection says nothing any more, not even its end, is opened anew', async () => {
    const waitedMs = Date.now() - deaf.sinceMs;
    await deaf.observer.equalsList(testbed.cluster.client, Math.max(0, IDLE_MS - waitedMs) + SETTLE_MS);
    report(`the store is right again ${Date.now() - deaf.sinceMs} ms after its connections went silent`);
    for (const { problems } of seen(deaf.observer)) expect(problems).toEqual([]);
  }, 900_000);
});
