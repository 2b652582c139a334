import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';

import { ELECTION_DEFAULTS_MS } from '../../shared/kubernetes/leader-election.ts';
import { creationProblems, isWrite, readAudit } from './support/audit.ts';
import type { Audited } from './support/audit.ts';
import { holderOf, leaderOf } from './support/leader.ts';
import { followLease } from './support/leases.ts';
import type { LeaseHistory, Tenure } from './support/leases.ts';
import { startLoad } from './support/load.ts';
import { startObserver } from './support/observer.ts';
import type { Observer } from './support/observer.ts';
import { ELECTION, report, startTestbed } from './support/testbed.ts';
import type { TestedController, Testbed } from './support/testbed.ts';
import { checkTraces } from './support/traces.ts';

const { leaseDuration } = ELECTION_DEFAULTS_MS;
/**
 * A candidate takes over at its first read of the Lease that shows it free. A read may be under way when it becomes free, and one before it. To wait for
 * the lease's whole duration takes four reads or more.
 */
const MOST_READS = 3;
const SETTLE_MS = 300_000;
const STOPPED_MS = 60_000;

describe('two controllers under load', () => {
  let testbed: Testbed;
  let observer: Observer;
  let lease: LeaseHistory;
  const processes: TestedController[] = [];

  const start = async (): Promise<TestedController> => {
    const controller = await testbed.startController({ extraArgs: ELECTION });
    processes.push(controller);
    return controller;
  };
  beforeAll(async () => {
    testbed = await startTestbed();
    observer = await startObserver(testbed.cluster.client);
    lease = await followLease(testbed.cluster.client);
    await start();
    await start();
  }, 300_000);
  afterAll(async () => {
    await lease.stop();
    await observer.stop();
    await testbed.stop();
  }, 300_000);

  const processOf = (tenure: Tenure): Promise<TestedController> => holderOf(tenure, processes);
  const leader = (): Promise<{ tenure: Tenure; controller: TestedController }> => leaderOf(lease, processes);

  const successor = (before: Tenure): Tenure | undefined => lease.tenures[lease.tenures.indexOf(before) + 1];
  /** The tenure after `before`, once it has begun. */
  const next = (before: Tenure): Promise<Tenure> =>
    lease.when((each) => lease.tenures[lease.tenures.indexOf(each) - 1] === before, SETTLE_MS);

  const writesOf = (requests: Audited[], { from }: TestedController): Audited[] =>
    requests.filter((request) => isWrite(request) && request.from === from && request.resource !== 'leases');

  const ofLease = (requests: Audited[], { from }: TestedController): Audited[] =>
    requests.filter((one) => one.from === from && one.resource === 'leases');

  /** The last write of the Lease in a tenure: a renewal, or its release. */
  async function lastWriteOf(tenure: Tenure): Promise<Audited> {
    const requests = ofLease(await readAudit(testbed.auditLog), await processOf(tenure));
    const last = requests.findLast((one) => isWrite(one) && one.code === 200 && one.atMs <= (successor(tenure)?.acquiredMs ?? NaN)); // prettier-ignore
    if (last === undefined) throw new Error(`${tenure.holder} has not written the Lease`);
    return last;
  }

  /** When the process of `tenure` has read the Lease, after `fromMs` and until it held it, and when it got each answer. */
  async function readsOf(tenure: Tenure, fromMs: number): Promise<Audited[]> {
    const requests = ofLease(await readAudit(testbed.auditLog), await processOf(tenure));
    return requests.filter(({ verb, atMs }) => verb === 'get' && atMs > fromMs && atMs <= tenure.acquiredMs);
  }

  /** Who took over waited for the old lease's end, and took over as soon as it read the Lease after that. */
  async function expectTakeover(before: Tenure, after: Tenure, how: string): Promise<void> {
    const tookMs = after.acquiredMs - before.renewedMs;
    const [first] = writesOf(await readAudit(testbed.auditLog), await processOf(after));
    report(
      `${how}: taken over ${tookMs} ms after the last renewal, first write ${(first?.atMs ?? NaN) - before.renewedMs} ms after it`,
    );
    expect(after.transitions).toBe(before.transitions + 1);
    expect(tookMs).toBeGreaterThanOrEqual(leaseDuration);
    // Its own clock counts: the lease's duration begins when it has read the last renewal.
    const reads = await readsOf(after, (await lastWriteOf(before)).answeredMs);
    expect(reads.length).toBeGreaterThan(0);
    const runOutMs = (reads[0]?.answeredMs ?? NaN) + leaseDuration;
    const late = reads.filter(({ atMs }) => atMs >= runOutMs);
    expect(late.length).toBeLessThanOrEqual(MOST_READS);
    expect(first?.atMs).toBeGreaterThanOrEqual(after.acquiredMs);
  }

  /** Every run is done, made once and traced once. */
  async function expectRunsWell(names: string[]): Promise<void> {
    const runs = await observer.succeeded(names, SETTLE_MS);
    const { problems, repeated, lifecycleSpans } = await checkTraces(runs, testbed);
    report(`${runs.length} runs, ${lifecycleSpans} lifecycle spans, ${repeated} spans sent twice, all identical`);
    expect(problems).toEqual([]);
    const requests = await readAudit(testbed.auditLog);
    const conflicts = requests.filter(({ code, from }) => code === 409 && processes.some((each) => each.from === from));
    report(`${conflicts.length} requests of controllers met a conflict`);
    expect(creationProblems(requests, names)).toEqual([]);
  }

  /** No process has written before it had the Lease, or once another one had it. */
  async function expectWritesWithinTenures(): Promise<void> {
    const requests = await readAudit(testbed.auditLog);
    const strays: string[] = [];
    for (const controller of processes) {
      const own: { fromMs: number; toMs: number }[] = [];
      for (const [index, tenure] of lease.tenures.entries()) {
        if ((await processOf(tenure)) !== controller) continue;
        own.push({ fromMs: tenure.acquiredMs, toMs: lease.tenures[index + 1]?.acquiredMs ?? Infinity });
      }
      for (const { atMs, verb, resource, name } of writesOf(requests, controller))
        if (!own.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs))
          strays.push(`${controller.name} at ${atMs}: ${verb} ${resource} ${name}, not in ${JSON.stringify(own)}`);
    }
    expect(strays).toEqual([]);
  }

  test('the leader is killed: the other takes over when the lease has run out', async () => {
    const { tenure, controller } = await leader();
    const load = startLoad(testbed.cluster.client, { prefix: 'killed', runs: 60, everyMs: 400 });
    await delay(5_000);
    controller.signal('SIGKILL');
    await controller.exited;
    const after = await next(tenure);
    await load.created;
    await expectTakeover(tenure, after, 'killed');
    await expectRunsWell(load.names);
    await expectWritesWithinTenures();
  }, 900_000);

  test('the leader is stopped for a minute and continued: the other took over, and it ends without another write', async () => {
    await start();
    const { tenure, controller } = await leader();
    const load = startLoad(testbed.cluster.client, { prefix: 'stopped', runs: 140, everyMs: 500 });
    await delay(5_000);
    controller.signal('SIGSTOP');
    await delay(STOPPED_MS);
    const continuedAt = Date.now();
    controller.signal('SIGCONT');
    expect(await controller.exited).toBe(1);
    report(`stopped: it ended ${Date.now() - continuedAt} ms after it was continued`);
    expect((await controller.log()).map(({ message }) => message)).toContain('leadership was lost');
    await load.created;
    await expectTakeover(tenure, await next(tenure), 'stopped');
    await expectRunsWell(load.names);
    const late = writesOf(await readAudit(testbed.auditLog), controller).filter(({ atMs }) => atMs >= continuedAt);
    expect(late).toEqual([]);
    await expectWritesWithinTenures();
  }, 900_000);

  test('the leader is asked to end: the other takes over at once', async () => {
    await start();
    const { tenure, controller } = await leader();
    const load = startLoad(testbed.cluster.client, { prefix: 'ended', runs: 20, everyMs: 300 });
    await delay(3_000);
    const askedAt = Date.now();
    controller.signal('SIGTERM');
    expect(await controller.exited).toBe(0);
    const after = await next(tenure);
    const releasedMs = tenure.releasedMs ?? NaN;
    report(
      `asked to end: released after ${releasedMs - askedAt} ms, taken over ${after.acquiredMs - releasedMs} ms later`,
    );
    const release = await lastWriteOf(tenure);
    expect((await readsOf(after, release.atMs)).length).toBeGreaterThan(0);
    expect((await readsOf(after, release.answeredMs)).length).toBeLessThanOrEqual(MOST_READS);
    await load.created;
    await expectRunsWell(load.names);
    await expectWritesWithinTenures();
  }, 900_000);
});
