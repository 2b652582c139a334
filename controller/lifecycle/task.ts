import type { Attributes } from '@opentelemetry/api';

import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanEvent, SpanRecord } from '../../shared/tracing/span-record.ts';
import { LABEL_PIPELINE_RUN, LABEL_PIPELINE_TASK } from '../../shared/tekton/annotations.ts';
import { completionOf } from '../../shared/tekton/conditions.ts';
import { attemptOfPod } from '../../shared/tekton/names.ts';
import { traceParentOf } from '../../shared/tracing/provenance.ts';
import type { TaskRun, TaskRunStatus } from '../../shared/tekton/types.ts';
import type { Attempt } from './attempt.ts';
import type { TaskRunFacts } from './facts.ts';
import { combinationOf, matrixAttributes, memberLabel } from './matrix.ts';
import { podSpans } from './pod.ts';
import { pullSpans } from './pull.ts';
import { replacedPodSpans } from './replaced-pods.ts';
import { resolveSpans } from './resolve.ts';
import { errorAttributes, outcomeOf, statusOf } from './result.ts';
import { rootSpan } from './root.ts';
import { attemptEndMs, creationMs, runInterval } from './run-interval.ts';
import { reconcilesLink, runAttributes, span } from './span.ts';
import { startFailures } from './start-failures.ts';
import { timedSteps } from './step-times.ts';
import { stepSpans } from './steps.ts';
import { raisedTo, shiftedWithin, epochMs, within } from './times.ts';
import { waitSpans } from './waits.ts';

/** The task's own span: a child of the run's root; for a TaskRun that no run owns, the root itself. */
function taskSpan({ taskRun, own, owner, pipelineTask, deletedMs }: TaskRunFacts): SpanRecord {
  if (!traceParentOf(taskRun)) return rootSpan(taskRun, own, { deletedMs });
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
  const links = reconcilesLink(taskRun, own.traceId);
  const task = span(ids, shown, runInterval(taskRun, deletedMs), { attributes, status: statusOf(outcome), links });
  // The run's end may be written without its fraction of a second. The root is then raised to the task's end, so the task is not cut.
  return owner ? shiftedWithin(task, { ...owner, endMs: raisedTo(owner.endMs, task.endMs) }) : task;
}

interface NumberedStatus {
  /** Counted from 0. */
  number: number;
  status: TaskRunStatus;
}

/** Each attempt's status: those in retriesStatus, then the present one. */
function attempts(taskRun: TaskRun): NumberedStatus[] {
  const all = [...(taskRun.status?.retriesStatus ?? []), taskRun.status ?? {}];
  return all.map((status, index) => ({ number: status.podName ? attemptOfPod(status.podName) : index, status }));
}

/** The span of one attempt. It starts after the previous attempt's end `previousEndMs`, which may be in the same second. */
function attemptSpan(
  taskRun: TaskRun,
  { number, status }: NumberedStatus,
  task: SpanRecord,
  previousEndMs: number,
): SpanRecord {
  // Between two attempts, upstream's status has no start: the wait for the next attempt began when the last one ended.
  const start = raisedTo(epochMs(status.startTime) ?? Math.max(task.startMs, previousEndMs), previousEndMs);
  const written = epochMs(completionOf({ status }));
  const end = written === undefined ? task.endMs : attemptEndMs(status, creationMs(taskRun), written);
  const outcome = outcomeOf({ ...taskRun, status });
  const ids = {
    traceId: task.traceId,
    spanId: deriveSpanId(task.traceId, 'attempt', taskRun.metadata.uid ?? '', number),
    parentSpanId: task.spanId,
  };
  const attributes = { 'cicd.pipeline.task.run.result': outcome.result, ...errorAttributes(outcome) };
  const rest = { attributes, status: statusOf(outcome) };
  return shiftedWithin(span(ids, `attempt ${number + 1}`, { startMs: start, endMs: end }, rest), task);
}

function attemptTree(
  { taskRun, pods, podEventsOf }: TaskRunFacts,
  { number, status }: NumberedStatus,
  { traceId, spanId, startMs: fromMs, endMs: toMs }: SpanRecord,
): SpanRecord[] {
  // Upstream replaces a Pod that was deleted while its attempt ran by one of the same name.
  const ofAttempt = pods.filter(({ metadata }) => metadata.name === status.podName);
  const attempt: Attempt = {
    traceId,
    parentSpanId: spanId,
    taskRunUid: taskRun.metadata.uid ?? '',
    createdMs: creationMs(taskRun),
    number,
    status,
    outcome: outcomeOf({ ...taskRun, status }),
    pod: ofAttempt.at(-1),
    startMs: fromMs,
    endMs: toMs,
  };
  const steps = timedSteps(attempt);
  if (!attempt.pod) return stepSpans(steps, attempt);
  const ofPod = podSpans(attempt.pod, attempt, steps);
  const events = podEventsOf?.(attempt.pod) ?? [];
  const starting = ofPod.find(({ name }) => name === 'pod starting');
  return [
    ...replacedPodSpans(ofAttempt, attempt),
    ...ofPod,
    ...startFailures(attempt.pod, events, attempt, starting),
    ...pullSpans(attempt.pod, events, attempt, ofPod),
    ...stepSpans(steps, attempt),
  ];
}

const FOLDED = /^(init|pod scheduling|image pull)\b/;

/** Replaces waits and init containers by events of the task, so that the trace of a very large run stays readable. */
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

/** All spans of a TaskRun that can't change any more; its own span is last. */
export function taskRunSpans(facts: TaskRunFacts): SpanRecord[] {
  const { taskRun, own } = facts;
  const task = taskSpan(facts);
  const all = attempts(taskRun);
  let previousEndMs = -Infinity;
  const below = all.flatMap((attempt) => {
    if (all.length === 1) return attemptTree(facts, attempt, task);
    const parent = attemptSpan(taskRun, attempt, task, previousEndMs);
    previousEndMs = parent.endMs;
    return [...attemptTree(facts, attempt, parent), parent];
  });
  const waits = traceParentOf(taskRun)
    ? []
    : waitSpans({ run: taskRun, own, wasPending: facts.wasPending }, task.endMs).map((one) => within(one, task));
  const first = [...waits, ...resolveSpans(facts.resolutions ?? [], task)];
  return facts.fold ? [...first, ...fold(task, below)] : [...first, ...below, task];
}
