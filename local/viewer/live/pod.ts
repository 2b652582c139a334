import type { Pod } from '../../../shared/kubernetes/pod.ts';
import type { TaskRunStatus } from '../../../shared/tekton/types.ts';
import { mayStart } from '../../../shared/tekton/pod-ready.ts';
import { deriveSpanId } from '../../../shared/tracing/ids.ts';
import { liveSpan, type LiveSpan } from './live-span.ts';
import type { LiveOutcome } from './outcome.ts';
import { timeMs } from './times.ts';

/** An attempt of a TaskRun. */
export interface LiveAttempt {
  traceId: string;
  /** The id of the task's span, or of the attempt's. */
  parentSpanId: string;
  taskRunUid: string;
  /** Counted from 0. */
  number: number;
  status: TaskRunStatus;
  pod: Pod | undefined;
  /** When its TaskRun was created, and when it began: milliseconds since the epoch. */
  createdMs: number;
  startMs: number;
  /** How the attempt ended; empty while it runs. */
  outcome: LiveOutcome;
}

/** The waits for a node and for the first step. */
export function waitSpans({ pod, status, ...attempt }: LiveAttempt, nowMs: number): LiveSpan[] {
  const { traceId, parentSpanId, taskRunUid, number, outcome } = attempt;
  const createdMs = timeMs(pod?.metadata.creationTimestamp);
  if (!pod || createdMs === undefined) return [];
  const condition = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const scheduledMs = condition?.status === 'True' ? timeMs(condition.lastTransitionTime) : undefined;
  const first = mayStart(pod) ? status.steps?.[0] : undefined;
  const firstMs = timeMs(first?.terminated?.startedAt ?? first?.running?.startedAt);
  const wait = (
    family: 'scheduling' | 'starting',
    name: string,
    startMs: number,
    untilMs: number | undefined,
  ): LiveSpan =>
    liveSpan(
      {
        ...{ traceId, spanId: deriveSpanId(traceId, family, taskRunUid, number), parentSpanId },
        ...{ name, startMs, endMs: untilMs ?? outcome.endMs, attributes: { 'k8s.pod.name': pod.metadata.name } },
      },
      nowMs,
    );
  // A creationTimestamp has whole seconds, the start of the task has not: the Pod was created after it.
  const bornMs = Math.max(createdMs, attempt.startMs);
  const scheduling = wait('scheduling', 'pod scheduling', bornMs, scheduledMs ?? firstMs);
  return scheduledMs === undefined
    ? [scheduling]
    : [scheduling, wait('starting', 'pod starting', scheduledMs, firstMs)];
}
