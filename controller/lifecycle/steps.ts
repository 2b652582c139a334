import { SpanStatusCode } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';

import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import type { StepState, TaskRunStatus } from '../../shared/tekton/types.ts';
import { span } from './span.ts';
import { containerStart, endMs, startMs, within } from './times.ts';
import type { Interval } from './times.ts';

export interface AttemptContext extends Interval {
  traceId: string;
  /** The task's span, or the attempt's where there were retries. */
  parentSpanId: string;
  taskRunUid: string;
  attempt: number;
  /** When the last step ended, epoch milliseconds: what still runs then is only stopped. The parent's end where no step is known to have ended. */
  stepsEndMs: number;
}

function imageAttributes(status: TaskRunStatus, step: StepState): Attributes {
  const image = status.taskSpec?.steps?.find((spec) => spec.name !== undefined && spec.name === step.name)?.image;
  return {
    ...(image !== undefined && { 'container.image.name': image }),
    ...(step.imageID && { 'container.image.id': step.imageID }),
  };
}

interface StepEnd {
  result: string;
  errorType?: string;
  message?: string;
}

function stepEnd(step: StepState): StepEnd {
  const { exitCode, reason } = step.terminated ?? { exitCode: 0 };
  // Upstream before 0.57 has no terminationReason; the reason then says the same.
  switch (step.terminationReason ?? reason) {
    case 'Skipped':
      return { result: 'skip' };
    case 'TimeoutExceeded':
      return { result: 'timeout', errorType: 'TimeoutExceeded', message: 'the step exceeded its timeout' };
    case 'Cancelled':
    case 'TaskRunCancelled':
      return { result: 'cancellation', errorType: 'Cancelled' };
    case 'TaskRunTimeout':
      return { result: 'timeout', errorType: 'TaskRunTimeout', message: 'the TaskRun ran out of time' };
    default: {
      if (exitCode === 0) return { result: 'success' };
      const why = step.terminationReason === 'Continued' ? 'Error' : (step.terminationReason ?? reason ?? 'Error');
      return { result: 'failure', errorType: why, message: `exit code ${exitCode}` };
    }
  }
}

function stepSpan(
  status: TaskRunStatus,
  step: StepState,
  next: StepState | undefined,
  context: AttemptContext,
): SpanRecord[] {
  const { terminated, container = '' } = step;
  const start = startMs(containerStart(terminated));
  const end = endMs(terminated?.finishedAt);
  if (!terminated || start === undefined || end === undefined) return [];
  const outcome = stepEnd(step);
  // Steps run one after the other: a coarse end can't lie behind the next one's start.
  const nextStart = startMs(containerStart(next?.terminated)) ?? end;
  const interval =
    outcome.result === 'skip'
      ? { startMs: end, endMs: end }
      : { startMs: start, endMs: nextStart < start ? end : Math.min(end, nextStart) };
  const { traceId, parentSpanId, taskRunUid, attempt } = context;
  const ids = { traceId, spanId: deriveSpanId(traceId, 'step', taskRunUid, attempt, container), parentSpanId };
  const failed = ['failure', 'timeout'].includes(outcome.result);
  const built = span(ids, `step ${step.name ?? container}`, interval, {
    attributes: {
      'k8s.container.name': container,
      'cicd.pipeline.task.run.result': outcome.result,
      ...(outcome.result !== 'skip' && { 'process.exit.code': terminated.exitCode }),
      ...(outcome.errorType !== undefined && { 'error.type': outcome.errorType }),
      ...imageAttributes(status, step),
    },
    status: failed ? { code: SpanStatusCode.ERROR, message: outcome.message ?? '' } : { code: SpanStatusCode.UNSET },
  });
  return [within(built, context)];
}

/** When the attempt's last step ended, epoch milliseconds; undefined while none has. */
export function lastStepEndMs(status: TaskRunStatus): number | undefined {
  const ends = (status.steps ?? []).map(({ terminated }) => endMs(terminated?.finishedAt));
  const known = ends.filter((end) => end !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** One span a step that has ended, from the TaskRun's status (of one attempt). */
export function stepSpans(status: TaskRunStatus, context: AttemptContext): SpanRecord[] {
  const steps = status.steps ?? [];
  // A skipped step has the start of its container, which is that of the Pod.
  const ran = (step: StepState): boolean => stepEnd(step).result !== 'skip';
  return steps.flatMap((step, index) => stepSpan(status, step, steps.slice(index + 1).find(ran), context));
}
