import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

import type { WorkQueueObserver } from '../work-queue.ts';

const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300];

/** Start times of the keys being processed: unfinished work is in no histogram. */
class InWork {
  readonly #startsMs: number[] = [];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  started(): void {
    this.#startsMs.push(this.#nowMs());
  }

  /** Removes the key that started `workedMs` ago, approximately, because the clock is read twice. */
  done(workedMs: number): void {
    const startedMs = this.#nowMs() - workedMs;
    let nearest = 0;
    for (const [index, startMs] of this.#startsMs.entries())
      if (Math.abs(startMs - startedMs) < Math.abs((this.#startsMs[nearest] ?? 0) - startedMs)) nearest = index;
    this.#startsMs.splice(nearest, 1);
  }

  seconds(): number[] {
    return this.#startsMs.map((startMs) => (this.#nowMs() - startMs) / 1000);
  }
}

/** client-go's workqueue_* metrics, by queue. */
export function createWorkQueueMetrics(registry: Registry, nowMs: () => number): (name: string) => WorkQueueObserver {
  const common = { labelNames: ['name'] as const, registers: [registry] };
  const queues = new Map<string, InWork>();
  const collect = (gauge: Gauge<'name'>, value: (seconds: number[]) => number): void => {
    for (const [name, inWork] of queues) gauge.set({ name }, value(inWork.seconds()));
  };
  const depth = new Gauge({ ...common, name: 'workqueue_depth', help: 'Keys that wait for a worker' });
  const adds = new Counter({ ...common, name: 'workqueue_adds_total', help: 'Keys added' });
  const retries = new Counter({
    ...common,
    name: 'workqueue_retries_total',
    help: 'Keys requeued after a failure',
  });
  const waited = new Histogram({
    ...common,
    name: 'workqueue_queue_duration_seconds',
    help: 'Time a key waits for a worker',
    buckets: SECONDS,
  });
  const worked = new Histogram({
    ...common,
    name: 'workqueue_work_duration_seconds',
    help: 'Time a worker takes for a key',
    buckets: SECONDS,
  });
  new Gauge({
    ...common,
    name: 'workqueue_unfinished_work_seconds',
    help: 'Time spent so far on all keys being processed; steady growth means a stuck key',
    collect() {
      collect(this, (seconds) => seconds.reduce((sum, one) => sum + one, 0));
    },
  });
  new Gauge({
    ...common,
    name: 'workqueue_longest_running_processor_seconds',
    help: 'Time spent so far on the key that is being processed for longest',
    collect() {
      collect(this, (seconds) => Math.max(0, ...seconds));
    },
  });
  return (name) => {
    const inWork = new InWork(nowMs);
    queues.set(name, inWork);
    depth.set({ name }, 0);
    for (const counter of [adds, retries]) counter.inc({ name }, 0);
    for (const histogram of [waited, worked]) histogram.zero({ name });
    return {
      added(now) {
        adds.inc({ name });
        depth.set({ name }, now);
      },
      started(waitedMs, now) {
        inWork.started();
        waited.observe({ name }, waitedMs / 1000);
        depth.set({ name }, now);
      },
      done(workedMs) {
        inWork.done(workedMs);
        worked.observe({ name }, workedMs / 1000);
      },
      retried: () => retries.inc({ name }),
    };
  };
}
