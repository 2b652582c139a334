import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';

import { isSuccessful } from '../../shared/tekton/conditions.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { isWrite, readAudit } from './support/audit.ts';
import { leaderOf } from './support/leader.ts';
import { followLease } from './support/leases.ts';
import type { LeaseHistory } from './support/leases.ts';
import { startLoad } from './support/load.ts';
import { startObserver } from './support/observer.ts';
import type { Observer } from './support/observer.ts';
import { tasksWithoutPod } from './support/pod-creation.ts';
import { ELECTION, report, startTestbed } from './support/testbed.ts';
import type { Testbed } from './support/testbed.ts';
import { checkTraces } from './support/traces.ts';

/** For what takes seconds on an idle machine. */
const SETTLE_MS = 300_000;
/** So that the same process lives on when an API server takes long to start. */
const PATIENT = ['--leader-elect-lease-duration=180s', '--leader-elect-renew-deadline=120s'];
const LOAD = { runs: 30, everyMs: 700 };

describe('real processes that follow what upstream Tekton executes', () => {
  let testbed: Testbed;
  let observer: Observer;
  let lease: LeaseHistory;
  beforeAll(async () => {
    testbed = await startTestbed({ executor: 'upstream' });
    observer = await startObserver(testbed.cluster.client);
    lease = await followLease(testbed.cluster.client);
  }, 300_000);
  afterEach(() => testbed.stopControllers());
  afterAll(async () => {
    await lease?.stop();
    await observer?.stop();
    await testbed?.stop();
  }, 300_000);

  /** Each of those runs has exactly the lifecycle spans of a run of three tasks: in what was accepted, and in Jaeger. */
  async function expectTraces(runs: PipelineRun[]): Promise<void> {
    const podless = (run: PipelineRun): string[] => tasksWithoutPod(run, observer.taskRuns.reflector.store.list());
    const { problems, repeated, lifecycleSpans } = await checkTraces(runs, testbed, podless);
    const failed = runs.filter((run) => !isSuccessful(run)).length;
    report(`${runs.length} runs, of which upstream failed ${failed}: ${lifecycleSpans} lifecycle spans, ${repeated} sent twice, all identical`); // prettier-ignore
    expect(problems).toEqual([]);
  }

  test('kube-apiserver and etcd are killed and come back: each run has its whole trace', async () => {
    const { client, server } = testbed.cluster;
    const controller = await testbed.startController({ extraArgs: [...ELECTION, ...PATIENT] });
    const load = startLoad(client, { prefix: 'restarted', ...LOAD });
    for (const name of ['kube-apiserver', 'etcd'] as const) {
      await delay(6_000);
      await server.crash(name);
    }
    await load.created;
    await expectTraces(await observer.done(load.names, SETTLE_MS));
    controller.signal('SIGTERM');
    expect(await controller.exited).toBe(0);
  }, 900_000);

  test('of two processes the leader is killed: the other one sends what is left, and no run waits for it', async () => {
    const [first, second] = [
      await testbed.startController({ extraArgs: ELECTION }),
      await testbed.startController({ extraArgs: ELECTION }),
    ];
    const { tenure: before, controller: leader } = await leaderOf(lease, [first, second]);
    const standby = leader === first ? second : first;
    const load = startLoad(testbed.cluster.client, { prefix: 'led', ...LOAD });
    await delay(8_000);
    leader.signal('SIGKILL');
    await leader.exited;
    const after = await lease.when((each) => lease.tenures[lease.tenures.indexOf(each) - 1] === before, SETTLE_MS);
    await load.created;
    await expectTraces(await observer.succeeded(load.names, SETTLE_MS));
    const requests = await readAudit(testbed.auditLog);
    const own = requests.filter((one) => isWrite(one) && one.resource !== 'leases');
    const early = own.filter(({ from, atMs }) => from === standby.from && atMs < after.acquiredMs);
    expect(early).toEqual([]);
    // They write annotations and Events, and nothing that belongs to upstream.
    const kinds = own.filter(({ from }) => [leader.from, standby.from].includes(from));
    const written = [...new Set(kinds.map(({ verb, resource }) => `${verb} ${resource}`))];
    expect(written).toEqual(expect.arrayContaining(['create events', 'patch pipelineruns']));
    expect(['create events', 'patch pipelineruns', 'patch taskruns']).toEqual(expect.arrayContaining(written));
  }, 900_000);
});
