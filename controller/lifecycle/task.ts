import type { Attributes } from '@opentelemetry/api';
import type { Pod } from '../../shared/kubernetes/pod.ts';

import { deriveSpanId } from '../../shared/tracing/ids.ts';
import { parentOf } from '../../shared/tekton/parent-of.ts';
import type { SpanEvent, SpanRecord } from '../../shared/tracing/span-record.ts';
import { LABEL_PIPELINE_RUN, LABEL_PIPELINE_TASK } from '../../shared/tekton/annotations.ts';
import { attemptOfPod } from '../../shared/tekton/names.ts';
import type { TaskRun, TaskRunStatus } from '../../shared/tekton/types.ts';
import type { TaskRunFacts } from './facts.ts';
import { combinationOf, matrixAttributes, memberLabel } from './matrix.ts';
import { podSpans } from './pod.ts';
import { errorAttributes, outcomeOf, statusOf } from './result.ts';
import { rootSpan, runInterval } from './root.ts';
import { runAttributes, span } from './span.ts';
import { lastStepEndMs, stepSpans } from './steps.ts';
import { endMs, startMs, within } from './times.ts';
import { admissionSpan, queuedSpan } from './waits.ts';

/** The task's own span: a child of the run's root, or the root itself for a TaskRun that no run owns. */
function taskSpan({ taskRun, own, owner, pipelineTask, deletedMs }: TaskRunFacts): SpanRecord {
  if (!parentOf(taskRun)) return rootSpan(taskRun, own, deletedMs);
  const outcome = outcomeOf(taskRun);
  const name = taskRun.metadata.labels?.[LABEL_PIPELINE_TASK] ?? taskRun.metadata.name ?? '';
  const pipelineRun = taskRun.metadata.labels?.[LABEL_PIPELINE_RUN];
  const combination = combinationOf(pipelineTask, taskRun.spec.params);
  const attributes: Attributes = {
    'cicd.pipeline.task.name': name,
    'cicd.pipeline.task.run.id': taskRun.metadata.uid ?? '',
    'cicd.pipeline.task.run.result': outcome.result,
    ...matrixAttributes(combination),
    ...runAttributes(taskRun),
    ...(pipelineRun !== undefined && { pipelinerun: pipelineRun }),
    ...(taskRun.status?.podName && { 'k8s.pod.name': taskRun.status.podName }),
    ...errorAttributes(outcome),
  };
  const ids = { traceId: own.traceId, spanId: own.spanId, parentSpanId: own.parentSpanId };
  const shown = `task ${name}${memberLabel(combination)}`;
  const task = span(ids, shown, runInterval(taskRun, deletedMs), { attributes, status: statusOf(outcome) });
  return owner ? within(task, owner) : task;
}

interface Attempt {
  number: number;
  status: TaskRunStatus;
}

/** Each attempt's status: the archived ones, then the current. */
function attempts(taskRun: TaskRun): Attempt[] {
  const all = [...(taskRun.status?.retriesStatus ?? []), taskRun.status ?? {}];
  return all.map((status, index) => ({ number: status.podName ? attemptOfPod(status.podName) : index, status }));
}

function attemptSpan(taskRun: TaskRun, attempt: Attempt, task: SpanRecord): SpanRecord {
  const start = startMs(attempt.status.startTime) ?? task.startMs;
  const end = endMs(attempt.status.completionTime) ?? task.endMs;
  const outcome = outcomeOf({ ...taskRun, status: attempt.status });
  const ids = {
    traceId: task.traceId,
    spanId: deriveSpanId(task.traceId, 'attempt', taskRun.metadata.uid ?? '', attempt.number),
    parentSpanId: task.spanId,
  };
  const attributes = { 'cicd.pipeline.task.run.result': outcome.result, ...errorAttributes(outcome) };
  return within(
    span(ids, `attempt ${attempt.number}`, { startMs: start, endMs: end }, { attributes, status: statusOf(outcome) }),
    task,
  );
}

function attemptTree(facts: TaskRunFacts, task: SpanRecord, attempt: Attempt, parent: SpanRecord): SpanRecord[] {
  const context = {
    traceId: task.traceId,
    parentSpanId: parent.spanId,
    taskRunUid: facts.taskRun.metadata.uid ?? '',
    attempt: attempt.number,
    startMs: parent.startMs,
    endMs: parent.endMs,
    stepsEndMs: lastStepEndMs(attempt.status) ?? parent.endMs,
  };
  const pod = facts.pods.find((one: Pod) => one.metadata?.name === attempt.status.podName);
  return [...(pod ? podSpans(pod, context) : []), ...stepSpans(attempt.status, context)];
}

const FOLDED = /^(init|pod scheduling|image pull)\b/;

/** In a very large run waits and init containers become events of the task, so that the trace stays readable. */
function fold(task: SpanRecord, below: SpanRecord[]): SpanRecord[] {
  const events: SpanEvent[] = below
    .filter((one) => FOLDED.test(one.name))
    .map((one) => ({
      name: one.name,
      timeMs: one.startMs,
      attributes: { 'tektrace.duration_ms': one.endMs - one.startMs },
    }));
  return [...below.filter((one) => !FOLDED.test(one.name)), { ...task, events }];
}

/** All spans of a TaskRun that can't change any more, its own span last. */
export function buildTaskRun(facts: TaskRunFacts): SpanRecord[] {
  const { taskRun, own } = facts;
  const task = taskSpan(facts);
  const all = attempts(taskRun);
  const below = all.flatMap((attempt) => {
    if (all.length === 1) return attemptTree(facts, task, attempt, task);
    const parent = attemptSpan(taskRun, attempt, task);
    return [...attemptTree(facts, task, attempt, parent), parent];
  });
  const waits = parentOf(taskRun)
    ? []
    : [...admissionSpan(taskRun, own), ...queuedSpan(taskRun, own)].map((one) => within(one, task));
  return facts.fold ? [...waits, ...fold(task, below)] : [...waits, ...below, task];
}
