import {
  LABEL_PIPELINE_RUN,
  PARENT_SPAN_CONTEXT,
  PIPELINE_RUN_SPAN_CONTEXT,
  TASK_RUN_SPAN_CONTEXT,
} from '../tekton/annotations.ts';
import type { KubeObject } from '../kubernetes/types.ts';
import { parentOf } from '../tekton/parent-of.ts';
import { parseCarrier, parseForeignCarrier } from './carrier.ts';
import type { SpanCarrier } from './carrier.ts';
import { deriveSpanId } from './ids.ts';

/** A run's own span, and, of a TaskRun that a PipelineRun owns, the PipelineRun's. */
export interface RunSpan extends SpanCarrier {
  parentSpanId?: string;
}

/** The PipelineRun's own root span, as its annotation names it. */
export function pipelineRunSpan(run: KubeObject): SpanCarrier | undefined {
  return parseCarrier(run.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT]);
}

/** The TaskRun's own span. Its annotation names the PipelineRun's where one owns it: then its own is derived; else its own root. */
export function taskRunSpan(taskRun: KubeObject): RunSpan | undefined {
  const carrier = parseCarrier(taskRun.metadata.annotations?.[TASK_RUN_SPAN_CONTEXT]);
  if (!carrier || !parentOf(taskRun)) return carrier;
  const spanId = deriveSpanId(carrier.traceId, 'task', taskRun.metadata.uid ?? '');
  return { ...carrier, spanId, parentSpanId: carrier.spanId };
}

/** The same for a Pod, which carries its TaskRun's annotation and labels. */
export function podTaskSpan(pod: KubeObject, taskRunUid: string): SpanCarrier | undefined {
  const carrier = parseCarrier(pod.metadata.annotations?.[TASK_RUN_SPAN_CONTEXT]);
  if (!carrier || pod.metadata.labels?.[LABEL_PIPELINE_RUN] === undefined) return carrier;
  return { ...carrier, spanId: deriveSpanId(carrier.traceId, 'task', taskRunUid) };
}

/** A run's own span, of either kind. */
export function runSpan(run: KubeObject): RunSpan | undefined {
  return run.kind === 'PipelineRun' ? pipelineRunSpan(run) : taskRunSpan(run);
}

/** The inbound parent that the creator supplied, joined or not. */
export function inboundParent(run: KubeObject): SpanCarrier | undefined {
  return parseForeignCarrier(run.metadata.annotations?.[PARENT_SPAN_CONTEXT]);
}
