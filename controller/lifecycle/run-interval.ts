import { completionOf } from '../../shared/tekton/conditions.ts';
import { trustedAdmissionTime } from '../../shared/tracing/provenance.ts';
import type { PipelineRun, TaskRun, TaskRunStatus } from '../../shared/tekton/types.ts';
import { createdMs } from './span.ts';
import { stepFate } from './step-fate.ts';
import { instant, lastOfSecond, raisedTo, sameSecond, epochMs } from './times.ts';
import type { Interval } from './times.ts';

/**
 * The last millisecond of an attempt's last second, if a step started in that second: the status has whole seconds, only the Pod has the
 * milliseconds. The Pod is not used, because it may be deleted at a second export.
 */
function stepsReachMs(status: TaskRunStatus, createdAtMs: number, endMs: number): number | undefined {
  const startsLate = (status.steps ?? []).some((step) => {
    const started = instant(step.terminated?.startedAt);
    return started?.whole && sameSecond(started.ms, endMs) && stepFate(step, status, createdAtMs) === 'ended';
  });
  return startsLate ? lastOfSecond(endMs) : undefined;
}

/** When an attempt (the last one: its TaskRun) ended: as written, but not before its steps started. */
export function attemptEndMs(status: TaskRunStatus, createdAtMs: number, endMs: number): number {
  return raisedTo(endMs, stepsReachMs(status, createdAtMs, endMs));
}

/** When the API server created the object: a whole second, in milliseconds since the epoch. */
export function creationMs(run: PipelineRun | TaskRun): number {
  return epochMs(run.metadata.creationTimestamp) ?? 0;
}

/**
 * The run's time: from its admission, else creation, to its completion, else its deletion. A completion in whole seconds is raised within its second to
 * cover the admission, the steps of a TaskRun, and `below`, the intervals of a PipelineRun's children.
 */
export function runInterval(
  run: PipelineRun | TaskRun,
  deletedMs: number | undefined,
  below: readonly Interval[] = [],
): Interval {
  const start = createdMs(run);
  const written = epochMs(completionOf(run)) ?? deletedMs ?? epochMs(run.metadata.deletionTimestamp) ?? start;
  const { retriesStatus = [], ...status }: TaskRunStatus = run.kind === 'TaskRun' ? (run.status ?? {}) : {};
  const end = raisedTo(
    written,
    trustedAdmissionTime(run.metadata)?.answeredMs,
    ...[...retriesStatus, status].map((attempt) => stepsReachMs(attempt, creationMs(run), written)),
    ...below.map(({ endMs }) => endMs),
  );
  return { startMs: start, endMs: Math.max(start, end) };
}
