import type { Pod } from '../../../shared/kubernetes/pod.ts';
import type { StepState, TaskRunStatus } from '../../../shared/tekton/types.ts';
import { deriveSpanId } from '../../../shared/tracing/ids.ts';
import { liveSpan, type LiveSpan } from './live-span.ts';
import { timeMs } from './times.ts';

/** The present attempt of a TaskRun. */
export interface LiveAttempt {
  traceId: string;
  /** The id of the task's span, or of the attempt's. */
  parentSpanId: string;
  taskRunUid: string;
  /** Counted from 0. */
  number: number;
  status: TaskRunStatus;
  pod: Pod | undefined;
  startMs: number;
  /** When the TaskRun ended; undefined while it runs. */
  endMs: number | undefined;
}

function stepOutcome({ terminated, terminationReason }: StepState): {
  attributes?: Record<string, string | number>;
  error?: string;
} {
  if (!terminated) return {};
  const { exitCode, reason } = terminated;
  if (exitCode === 0) return { attributes: { 'process.exit.code': 0 } };
  const attributes = { 'process.exit.code': exitCode, 'error.type': terminationReason ?? reason ?? 'Error' };
  return { attributes, error: `exit code ${exitCode}` };
}

/** The steps that have begun. All step containers start together: a step's turn comes when the one before it has ended. */
export function stepSpans(attempt: LiveAttempt, nowMs: number): LiveSpan[] {
  const { traceId, parentSpanId, taskRunUid, number, status } = attempt;
  const spans: LiveSpan[] = [];
  let turnMs = attempt.startMs;
  for (const step of status.steps ?? []) {
    const { container = '', terminated, running } = step;
    const startedMs = timeMs(terminated?.startedAt ?? running?.startedAt);
    if (startedMs === undefined) break;
    const startMs = Math.max(turnMs, startedMs);
    const endMs = timeMs(terminated?.finishedAt) ?? attempt.endMs;
    const { attributes, error } = stepOutcome(step);
    const facts = {
      ...{ traceId, spanId: deriveSpanId(traceId, 'step', taskRunUid, number, container), parentSpanId },
      ...{ name: `step ${step.name ?? container}`, startMs, endMs, error },
      attributes: { 'k8s.container.name': container, ...attributes },
    };
    spans.push(liveSpan(facts, nowMs));
    if (!terminated) break;
    turnMs = endMs ?? startMs;
  }
  return spans;
}

/** The waits for a node and for the first step. */
export function waitSpans({ pod, status, ...attempt }: LiveAttempt, nowMs: number): LiveSpan[] {
  const { traceId, parentSpanId, taskRunUid, number, endMs } = attempt;
  const createdMs = timeMs(pod?.metadata.creationTimestamp);
  if (!pod || createdMs === undefined) return [];
  const condition = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const scheduledMs = condition?.status === 'True' ? timeMs(condition.lastTransitionTime) : undefined;
  const first = status.steps?.[0];
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
        ...{ name, startMs, endMs: untilMs ?? endMs, attributes: { 'k8s.pod.name': pod.metadata.name } },
      },
      nowMs,
    );
  const scheduling = wait('scheduling', 'pod scheduling', createdMs, scheduledMs ?? firstMs);
  return scheduledMs === undefined
    ? [scheduling]
    : [scheduling, wait('starting', 'pod starting', scheduledMs, firstMs)];
}
