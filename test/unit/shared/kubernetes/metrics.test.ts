import { beforeEach, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';

import { createKubernetesMetrics } from '../../../../shared/kubernetes/metrics.ts';
import type { KubernetesMetrics } from '../../../../shared/kubernetes/metrics.ts';
import { fc } from '../../../support/property.ts';

let registry: Registry;
let metrics: KubernetesMetrics;
let nowMs: number;
beforeEach(() => {
  registry = new Registry();
  nowMs = 0;
  metrics = createKubernetesMetrics(registry, () => nowMs);
});

/** `name{labels}` of every sample and its value. */
async function samples(): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test('each metric starts at zero', async () => {
  metrics.workQueue('taskrun');
  metrics.reflector('pods');
  metrics.election('tektrace-controller');
  const found = await samples();
  for (const name of [
    'workqueue_depth{name="taskrun"}',
    'workqueue_adds_total{name="taskrun"}',
    'workqueue_retries_total{name="taskrun"}',
    'workqueue_queue_duration_seconds_count{name="taskrun"}',
    'workqueue_work_duration_seconds_count{name="taskrun"}',
    'workqueue_unfinished_work_seconds{name="taskrun"}',
    'workqueue_longest_running_processor_seconds{name="taskrun"}',
    'reflector_lists_total{resource="pods"}',
    'reflector_watches_total{resource="pods"}',
    'reflector_events_total{resource="pods",type="DELETED"}',
    'reflector_failures_total{resource="pods",operation="watch"}',
    'reflector_last_contact_timestamp_seconds{resource="pods"}',
    'leader_election_master_status{name="tektrace-controller"}',
    'tektrace_events_total{outcome="dropped"}',
  ])
    expect([name, found.get(name)]).toEqual([name, 0]);
});

test('requests are counted by method, kind and status', async () => {
  metrics.requests.answered('GET', 'pods', '200', 30);
  metrics.requests.answered('GET', 'pods', '<error>', 4000);
  metrics.requests.retried('GET', 'pods', '<error>');
  metrics.requests.throttled('GET', 'pods', 600);
  const found = await samples();
  expect(found.get('rest_client_requests_total{code="200",method="GET",resource="pods"}')).toBe(1);
  expect(found.get('rest_client_requests_total{code="<error>",method="GET",resource="pods"}')).toBe(1);
  expect(found.get('rest_client_request_duration_seconds_sum{method="GET",resource="pods"}')).toBeCloseTo(4.03);
  expect(found.get('rest_client_request_retries_total{code="<error>",method="GET",resource="pods"}')).toBe(1);
  expect(found.get('rest_client_rate_limiter_duration_seconds_sum{method="GET",resource="pods"}')).toBeCloseTo(0.6);
});

test('a queue reports waiting keys, durations and keys being processed', async () => {
  const queue = metrics.workQueue('taskrun');
  queue.added(1);
  queue.added(2);
  queue.started(250, 1);
  nowMs = 1000;
  queue.started(1250, 0);
  nowMs = 3000;
  const during = await samples();
  expect(during.get('workqueue_adds_total{name="taskrun"}')).toBe(2);
  expect(during.get('workqueue_depth{name="taskrun"}')).toBe(0);
  expect(during.get('workqueue_queue_duration_seconds_sum{name="taskrun"}')).toBe(1.5);
  expect(during.get('workqueue_unfinished_work_seconds{name="taskrun"}')).toBe(5);
  expect(during.get('workqueue_longest_running_processor_seconds{name="taskrun"}')).toBe(3);
  queue.done(3000);
  queue.retried();
  const after = await samples();
  expect(after.get('workqueue_unfinished_work_seconds{name="taskrun"}')).toBe(2);
  expect(after.get('workqueue_work_duration_seconds_sum{name="taskrun"}')).toBe(3);
  expect(after.get('workqueue_retries_total{name="taskrun"}')).toBe(1);
});

test('in any order of completion, only unfinished keys are left', async () => {
  const work = fc.array(fc.record({ startMs: fc.nat(10_000), tookMs: fc.nat(10_000) }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(work, fc.nat(20_000), async (items, untilMs) => {
      registry = new Registry();
      const queue = createKubernetesMetrics(registry, () => nowMs).workQueue('q');
      const happened = items
        .flatMap(({ startMs, tookMs }) => [
          { atMs: startMs, call: () => queue.started(0, 0) },
          // Ends after what starts at the same time.
          { atMs: startMs + tookMs + 0.5, call: () => queue.done(tookMs + 0.5) },
        ])
        .filter(({ atMs }) => atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs);
      for (const { atMs, call } of happened) {
        nowMs = atMs;
        call();
      }
      nowMs = untilMs;
      const left = items.filter(({ startMs, tookMs }) => startMs <= untilMs && startMs + tookMs + 0.5 > untilMs);
      const seconds = left.map(({ startMs }) => (untilMs - startMs) / 1000);
      const found = await samples();
      const unfinished = found.get('workqueue_unfinished_work_seconds{name="q"}') ?? NaN;
      expect(unfinished).toBeCloseTo(
        seconds.reduce((sum, one) => sum + one, 0),
        6,
      );
      expect(found.get('workqueue_longest_running_processor_seconds{name="q"}')).toBeCloseTo(
        Math.max(0, ...seconds),
        6,
      );
    }),
  );
});

test('a reflector reports lists, watches, events and its last contact with the server', async () => {
  const pods = metrics.reflector('pods');
  const beforeS = Date.now() / 1000;
  pods.listed(12, 300);
  pods.watched();
  pods.event('MODIFIED');
  pods.event('something new');
  pods.failed('watch');
  const found = await samples();
  expect(found.get('reflector_last_list_items{resource="pods"}')).toBe(12);
  expect(found.get('reflector_list_duration_seconds_sum{resource="pods"}')).toBe(0.3);
  expect(found.get('reflector_events_total{resource="pods",type="MODIFIED"}')).toBe(1);
  expect(found.get('reflector_events_total{resource="pods",type="other"}')).toBe(1);
  expect(found.get('reflector_failures_total{resource="pods",operation="watch"}')).toBe(1);
  expect(found.get('reflector_last_contact_timestamp_seconds{resource="pods"}')).toBeGreaterThanOrEqual(beforeS);
});

test('leadership and Events are reported', async () => {
  metrics.election('lease').leading(true);
  metrics.events('suppressed');
  const found = await samples();
  expect(found.get('leader_election_master_status{name="lease"}')).toBe(1);
  expect(found.get('tektrace_events_total{outcome="suppressed"}')).toBe(1);
});
