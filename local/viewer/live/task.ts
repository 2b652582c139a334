import type { Pod } from '../../../shared/kubernetes/pod.ts';
import { LABEL_PIPELINE_RUN, LABEL_PIPELINE_TASK } from '../../../shared/tekton/annotations.ts';
import { attemptOfPod } from '../../../shared/tekton/names.ts';
import type { TaskRun } from '../../../shared/tekton/types.ts';
import { deriveSpanId } from '../../../shared/tracing/ids.ts';
import { traceParentOf } from '../../../shared/tracing/provenance.ts';
import type { RunSpan } from '../../../shared/tracing/run-context.ts';
import { liveSpan, type LiveSpan } from './live-span.ts';
import { liveOutcome, type LiveOutcome } from './outcome.ts';
import { waitSpans, type LiveAttempt } from './pod.ts';
import { stepSpans } from './step.ts';
import { bornMs, timeMs } from './times.ts';

/** The name of the task's span (docs/trace.md), without the values of a matrix: they come with the span. */
function taskName({ metadata, spec }: TaskRun, isRoot: boolean): string {
  const { labels = {}, generateName, name = '' } = metadata;
  if (!isRoot) return `task ${labels[LABEL_PIPELINE_TASK] ?? name}`;
  return `RUN ${spec.taskRef?.name ?? generateName?.replace(/-$/, '') ?? name}`;
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
      name: taskName(taskRun, traceParentOf(taskRun) === undefined),
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

/** The rows of a TaskRun: its own, its present attempt's if there were others, the waits and steps below it. */
export function liveTask(taskRun: TaskRun, own: RunSpan, pods: Pod[], nowMs: number): LiveSpan[] {
  const { uid = '' } = taskRun.metadata;
  const { status = {} } = taskRun;
  const outcome = liveOutcome(taskRun, nowMs);
  const task = taskSpan(taskRun, own, outcome, nowMs);
  const earlier = status.retriesStatus?.length ?? 0;
  const number = status.podName ? attemptOfPod(status.podName) : earlier;
  const startMs = (earlier > 0 ? timeMs(status.startTime) : undefined) ?? bornMs(taskRun);
  const attemptId = deriveSpanId(own.traceId, 'attempt', uid, number);
  const attempt: LiveAttempt = {
    ...{ traceId: own.traceId, parentSpanId: earlier > 0 ? attemptId : own.spanId, taskRunUid: uid, number, status },
    ...{ pod: pods.find(({ metadata }) => metadata.name === status.podName), startMs, outcome },
    createdMs: timeMs(taskRun.metadata.creationTimestamp) ?? 0,
  };
  const ofAttempt = {
    ...{ traceId: own.traceId, spanId: attemptId, parentSpanId: own.spanId, name: `attempt ${number + 1}` },
    ...{ startMs, endMs: outcome.endMs },
  };
  return [
    task,
    ...(earlier > 0 ? [liveSpan(ofAttempt, nowMs)] : []),
    ...waitSpans(attempt, nowMs),
    ...stepSpans(attempt, nowMs),
  ];
}
