import { expect, test } from '@jest/globals';

import type { Pod } from '../../../../shared/kubernetes/pod.ts';
import type { SpanRecord } from '../../../../shared/tracing/span-record.ts';
import type { TaskRunStatus } from '../../../../shared/tekton/types.ts';
import { at, condition, pipelineRun, pod, ranRun, taskRun } from './objects.ts';
import { task, written } from './written.ts';
import { pipelineRunSpans, taskRunSpans, expectWellFormed } from './spans.ts';
import { fc } from '../../../support/property.ts';

/** Jaeger wants a microsecond of each span: what has no length at its parent's end starts that much before. */
const MICROSECOND_MS = 0.002;

function trace(status: TaskRunStatus, pods: Pod[]): SpanRecord[] {
  const run = taskRun(status);
  const completionTime = status.completionTime;
  const owner = pipelineRun({ ...ranRun, completionTime });
  const root = pipelineRunSpans({ run: owner, children: [run] });
  const { startMs } = root.at(-1)!;
  const below = taskRunSpans({
    taskRun: run,
    pods,
    fold: false,
    owner: { startMs, endMs: Date.parse(completionTime ?? '') },
  });
  return [...below, ...root];
}

test('every span lies in its parent and none has a negative length, whatever seconds were cut and clocks are off', () => {
  fc.assert(
    fc.property(task, (one) => {
      const { status, pod } = written(one);
      expectWellFormed(trace(status, [pod]));
      expectWellFormed(trace(status, []));
    }),
    { numRuns: 200 },
  );
});

test('steps keep their order and do not overlap', () => {
  fc.assert(
    fc.property(task, (one) => {
      const { status, pod } = written(one);
      // A start in the second of the TaskRun's creation is what upstream writes for a container that never started.
      fc.pre(status.steps!.every(({ terminated }) => terminated?.startedAt !== at(1)));
      const steps = trace(status, [pod]).filter(({ name }) => name.startsWith('step '));
      expect(steps.map(({ name }) => name)).toEqual((status.steps ?? []).map(({ name }) => `step ${name}`));
      for (const [index, { startMs }] of steps.slice(1).entries())
        expect(startMs).toBeGreaterThanOrEqual(steps[index]!.endMs - MICROSECOND_MS);
    }),
    { numRuns: 200 },
  );
});

test('a step of a second or more has a length, of what it ran, within a second', () => {
  fc.assert(
    fc.property(task, (one) => {
      const { status, pod } = written({ ...one, skew: 0, cutAfter: 99 });
      const steps = trace(status, [pod]).filter(({ name }) => name.startsWith('step '));
      const firstBad = one.steps.findIndex(({ exitCode }) => exitCode !== 0);
      for (const [index, { runsMs, silent, exitCode }] of one.steps.entries()) {
        if (firstBad >= 0 && index > firstBad) break;
        // What was killed before it could say when it started is known from the end of the step before.
        if (silent && exitCode !== 0) break;
        const { startMs, endMs } = steps[index]!;
        expect(Math.abs(endMs - startMs - runsMs)).toBeLessThanOrEqual(1000);
        if (runsMs >= 1000) expect(endMs - startMs).toBeGreaterThan(MICROSECOND_MS);
      }
    }),
    { numRuns: 200 },
  );
});

function expectPartOf(first: SpanRecord[], spans: SpanRecord[]): void {
  const byId = new Map(first.map((span) => [span.spanId, span]));
  expect(spans).toEqual(spans.map(({ spanId }) => byId.get(spanId)));
}

test('made again without the Pod, or with it as it is in the end, the spans are some of those that were made first', () => {
  fc.assert(
    fc.property(task, (one) => {
      const { status, pod } = written(one);
      const first = trace(status, [pod]);
      expectPartOf(first, trace(status, []));
      const ended: Pod = {
        ...pod,
        metadata: { ...pod.metadata, deletionTimestamp: at(300) },
        status: {
          ...pod.status,
          phase: 'Failed',
          containerStatuses: pod.status?.containerStatuses?.map(({ name, state }) => ({
            name,
            state: state?.running
              ? { terminated: { exitCode: 137, startedAt: state.running.startedAt, finishedAt: at(310) } }
              : state,
          })),
        },
      };
      expectPartOf(first, trace(status, [ended]));
    }),
    { numRuns: 200 },
  );
});

test('times that are no times, or the epoch, never stretch a step', () => {
  const times = fc.constantFrom(undefined, '', 'soon', '1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z', at(3), at(5.5));
  const step = fc.record({ startedAt: times, finishedAt: times, exitCode: fc.constantFrom(0, 1, 128, 137) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4 }), (steps) => {
      const states = steps.map((terminated, index) => ({ name: `s${index}`, container: `step-s${index}`, terminated }));
      const status = { ...written(fc.sample(task, { numRuns: 1, seed: 1 })[0]!).status, steps: states };
      const spans = trace({ ...status, completionTime: at(9), conditions: [condition('True', 'Succeeded')] }, [pod()]);
      expectWellFormed(spans);
      for (const { name, startMs, endMs } of spans.filter((span) => span.name.startsWith('step ')))
        expect([name, endMs - startMs <= 3000]).toEqual([name, true]);
    }),
  );
});
