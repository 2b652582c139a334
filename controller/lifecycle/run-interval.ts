import { trustedAdmissionTime } from '../../shared/tracing/provenance.ts';
import type { PipelineRun, TaskRun, TaskRunStatus } from '../../shared/tekton/types.ts';
import { createdMs } from './span.ts';
import { stepFate } from './step-fate.ts';
import { instant, lastOfSecond, raisedTo, sameSecond, startMs } from './times.ts';
import type { Interval } from './times.ts';

/**
 * The last millisecond of an attempt's last second, when a step started in that second: the status has it cut to whole seconds, its Pod has the
 * milliseconds. The Pod is not asked: it may be gone when the span is made again.
 */
function stepsReachMs(status: TaskRunStatus, createdAtMs: number, endMs: number): number | undefined {
  const startsLate = (status.steps ?? []).some((step) => {
    const started = instant(step.terminated?.startedAt);
    return started?.whole && sameSecond(started.ms, endMs) && stepFate(step, status, createdAtMs) === 'ended';
  });
  return startsLate ? lastOfSecond(endMs) : undefined;
}

/** When an attempt ended, or the last one and with it the TaskRun: as written, but not before its steps started. */
export function attemptEndMs(status: TaskRunStatus, createdAtMs: number, endMs: number): number {
  return raisedTo(endMs, stepsReachMs(status, createdAtMs, endMs));
}

/** When the object was created, as the API server wrote it: epoch milliseconds, a whole second. */
export function creationMs(run: PipelineRun | TaskRun): number {
  return startMs(run.metadata.creationTimestamp) ?? 0;
}

/**
 * From the run's admission, else creation, to its completion; to its deletion where that came first. A completion in whole seconds is not before what
 * the run is known to cover in that second: its admission, the steps of a TaskRun, and `below`, the intervals of what a PipelineRun owns.
 */
export function runInterval(
  run: PipelineRun | TaskRun,
  deletedMs: number | undefined,
  below: readonly Interval[] = [],
): Interval {
  const start = createdMs(run);
  const written = startMs(run.status?.completionTime) ?? deletedMs ?? startMs(run.metadata.deletionTimestamp) ?? start;
  const { retriesStatus = [], ...status }: TaskRunStatus = run.kind === 'TaskRun' ? (run.status ?? {}) : {};
  const end = raisedTo(
    written,
    trustedAdmissionTime(run.metadata)?.answeredMs,
    ...[...retriesStatus, status].map((attempt) => stepsReachMs(attempt, creationMs(run), written)),
    ...below.map(({ endMs }) => endMs),
  );
  return { startMs: start, endMs: Math.max(start, end) };
}
