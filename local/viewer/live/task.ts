import type { Pod } from '../../../shared/kubernetes/pod.ts';
import { LABEL_PIPELINE_RUN, LABEL_PIPELINE_TASK } from '../../../shared/tekton/annotations.ts';
import { attemptOfPod } from '../../../shared/tekton/names.ts';
import type { TaskRun, TaskRunStatus } from '../../../shared/tekton/types.ts';
import { definitionName } from '../../../shared/tracing/definition-name.ts';
import { deriveSpanId } from '../../../shared/tracing/ids.ts';
import { traceParentOf } from '../../../shared/tracing/provenance.ts';
import type { RunSpan } from '../../../shared/tracing/run-context.ts';
import { liveSpan, type LiveSpan } from './live-span.ts';
import { liveOutcome, type LiveOutcome } from './outcome.ts';
import { waitSpans, type LiveAttempt } from './pod.ts';
import { stepSpans } from './step.ts';
import { bornMs, timeMs } from './times.ts';

/** The name of the task's span (docs/trace.md), without the values of a matrix: they come with the span. */
function spanName(taskRun: TaskRun): string {
  const { labels = {}, name = '' } = taskRun.metadata;
  return traceParentOf(taskRun) ? `task ${labels[LABEL_PIPELINE_TASK] ?? name}` : `RUN ${definitionName(taskRun)}`;
}

function taskSpan(
  taskRun: TaskRun,
  own: RunSpan,
  { endMs, result, errorType, error }: LiveOutcome,
  nowMs: number,
): LiveSpan {
  const { labels = {}, name, namespace } = taskRun.metadata;
  const { traceId, spanId, parentSpanId } = own;
  return liveSpan(
    {
      ...{ traceId, spanId, parentSpanId, startMs: bornMs(taskRun), endMs, error },
      name: spanName(taskRun),
      attributes: {
        ...{ taskrun: name, namespace, pipelinerun: labels[LABEL_PIPELINE_RUN] },
        ...{
          'k8s.pod.name': taskRun.status?.podName,
          'cicd.pipeline.task.run.result': result,
          'error.type': errorType,
        },
      },
    },
    nowMs,
  );
}

/** An attempt's own row, if there was another, with the waits and steps below it. */
function attemptSpans(attempt: LiveAttempt, own: RunSpan, isOnly: boolean, nowMs: number): LiveSpan[] {
  const { traceId, parentSpanId: spanId, number, startMs, outcome } = attempt;
  const { endMs, result, errorType, error } = outcome;
  const attributes = { 'cicd.pipeline.task.run.result': result, 'error.type': errorType };
  const ids = { traceId, spanId, parentSpanId: own.spanId, name: `attempt ${number + 1}` };
  return [
    ...(isOnly ? [] : [liveSpan({ ...ids, startMs, endMs, error, attributes }, nowMs)]),
    ...waitSpans(attempt, nowMs),
    ...stepSpans(attempt, nowMs),
  ];
}

/** The rows of a TaskRun: its own, those of its attempts if there were several, the waits and steps below them. */
export function liveTask(taskRun: TaskRun, own: RunSpan, pods: Pod[], nowMs: number): LiveSpan[] {
  const { uid = '', creationTimestamp } = taskRun.metadata;
  const all: TaskRunStatus[] = [...(taskRun.status?.retriesStatus ?? []), taskRun.status ?? {}];
  const isOnly = all.length === 1;
  const spans = [taskSpan(taskRun, own, liveOutcome(taskRun, nowMs), nowMs)];
  let startMs = bornMs(taskRun);
  for (const [index, status] of all.entries()) {
    const number = status.podName ? attemptOfPod(status.podName) : index;
    startMs = (isOnly ? undefined : timeMs(status.startTime)) ?? startMs;
    const outcome = liveOutcome({ ...taskRun, status }, nowMs);
    const attempt: LiveAttempt = {
      ...{ traceId: own.traceId, taskRunUid: uid, number, status, startMs, outcome },
      parentSpanId: isOnly ? own.spanId : deriveSpanId(own.traceId, 'attempt', uid, number),
      pod: pods.find(({ metadata }) => metadata.name === status.podName),
      createdMs: timeMs(creationTimestamp) ?? 0,
    };
    spans.push(...attemptSpans(attempt, own, isOnly, nowMs));
    // Between two attempts, upstream's status has no start.
    startMs = outcome.endMs ?? startMs;
  }
  return spans;
}
