import type { Attributes } from '@opentelemetry/api';

import { LABEL_PIPELINE_TASK } from '../../shared/tekton/annotations.ts';
import { isDone, succeededCondition } from '../../shared/tekton/conditions.ts';
import type { CustomRun, PipelineRun } from '../../shared/tekton/types.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { combinationOf, matrixAttributes, memberLabel } from './matrix.ts';
import { pipelineTaskOf } from './pipeline-of.ts';
import { errorAttributes, outcomeOf, statusOf } from './result.ts';
import { span } from './span.ts';
import { epochMs, within } from './times.ts';
import type { Interval } from './times.ts';

/** A CustomRun as it is, or as it was at last. */
export interface KnownCustomRun {
  customRun: CustomRun;
  /** When its deletion was seen, epoch milliseconds. */
  deletedMs?: number | undefined;
}

/** It ended, or is gone. */
export function isOver({ customRun, deletedMs }: KnownCustomRun): boolean {
  return isDone(customRun) || deletedMs !== undefined;
}

/** The run whose trace it is, and its time, as far as it is known. */
export interface Above extends Interval {
  traceId: string;
  spanId: string;
}

/** What executes it: `example.dev/v1 Approval`. */
function definition({ spec }: CustomRun): Attributes {
  const { apiVersion, kind } = spec?.customRef ?? spec?.customSpec ?? {};
  const parts = [apiVersion, kind].filter((part) => part !== undefined);
  return parts.length === 0 ? {} : { 'tektrace.custom_task': parts.join(' ') };
}

/** From its creation to its completion, or deletion; undefined while there is none of both. */
export function customInterval({ customRun, deletedMs }: KnownCustomRun): Interval | undefined {
  const changed = isDone(customRun) ? succeededCondition(customRun)?.lastTransitionTime : undefined;
  const end = epochMs(customRun.status?.completionTime) ?? epochMs(changed) ?? deletedMs;
  const start = epochMs(customRun.metadata.creationTimestamp);
  return start === undefined || end === undefined ? undefined : { startMs: start, endMs: end };
}

/** From the CustomRun's creation to its completion, with its result; to the end of its run where it has not ended by then. */
export function customSpan(known: KnownCustomRun, run: PipelineRun, root: Above): SpanRecord {
  const { customRun } = known;
  const { uid = '', name = '', namespace = '', labels, creationTimestamp } = customRun.metadata;
  const task = labels?.[LABEL_PIPELINE_TASK] ?? name;
  const outcome = isOver(known) ? outcomeOf(customRun) : undefined;
  const combination = combinationOf(pipelineTaskOf(run, customRun), customRun.spec?.params);
  const from = epochMs(creationTimestamp) ?? root.startMs;
  const interval = customInterval(known) ?? { startMs: from, endMs: root.endMs };
  const attributes: Attributes = {
    'cicd.pipeline.task.name': task,
    'cicd.pipeline.task.run.id': uid,
    ...(outcome ? { 'cicd.pipeline.task.run.result': outcome.result } : { 'tektrace.unfinished': true }),
    ...matrixAttributes(combination),
    ...definition(customRun),
    'k8s.namespace.name': namespace,
    namespace,
    customrun: name,
    pipelinerun: run.metadata.name ?? '',
    ...(outcome && errorAttributes(outcome)),
  };
  const { traceId, spanId: parentSpanId } = root;
  const ids = { traceId, spanId: deriveSpanId(traceId, 'custom', uid), parentSpanId };
  const shown = `custom ${task}${memberLabel(combination)}`;
  const status = outcome && { status: statusOf(outcome) };
  return within(span(ids, shown, interval, { attributes, ...status }), root);
}
