import {
  LABEL_PIPELINE_RUN,
  LABEL_PIPELINE_RUN_UID,
  PARENT_SPAN_CONTEXT,
  PIPELINE_RUN_SPAN_CONTEXT,
  REFUSED_OWNER,
  TASK_RUN_SPAN_CONTEXT,
  UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT,
  UPSTREAM_TASK_RUN_SPAN_CONTEXT,
} from '../tekton/annotations.ts';
import type { KubeObject } from '../kubernetes/types.ts';
import { parseCarrier, parseForeignCarrier } from './carrier.ts';
import type { SpanCarrier } from './carrier.ts';
import { deriveSpanId } from './ids.ts';
import { traceParentOf } from './provenance.ts';

const OWN_CONTEXTS = [
  PIPELINE_RUN_SPAN_CONTEXT,
  TASK_RUN_SPAN_CONTEXT,
  UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT,
  UPSTREAM_TASK_RUN_SPAN_CONTEXT,
];

/** A run's own span. A TaskRun that a PipelineRun owns also has the PipelineRun's span as its parent. */
export interface RunSpan extends SpanCarrier {
  parentSpanId?: string;
}

/** The PipelineRun's root span, from its annotation. */
export function pipelineRunSpan(run: KubeObject): SpanCarrier | undefined {
  return parseCarrier(run.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT]);
}

/** The TaskRun's own span. If a PipelineRun owns it, the annotation has the PipelineRun's span, and the TaskRun's span id is derived. Else the annotation has its own root. */
export function taskRunSpan(taskRun: KubeObject): RunSpan | undefined {
  const carrier = parseCarrier(taskRun.metadata.annotations?.[TASK_RUN_SPAN_CONTEXT]);
  if (!carrier || !traceParentOf(taskRun)) return carrier;
  const spanId = deriveSpanId(carrier.traceId, 'task', taskRun.metadata.uid ?? '');
  return { ...carrier, spanId, parentSpanId: carrier.spanId };
}

/** The same for a Pod, which carries its TaskRun's annotations and labels. */
export function podTaskSpan({ metadata }: KubeObject, taskRunUid: string): SpanCarrier | undefined {
  const { annotations = {}, labels = {} } = metadata;
  const carrier = parseCarrier(annotations[TASK_RUN_SPAN_CONTEXT]);
  const refused = annotations[REFUSED_OWNER];
  const isRefused = refused !== undefined && refused === (labels[LABEL_PIPELINE_RUN_UID] ?? refused);
  if (!carrier || labels[LABEL_PIPELINE_RUN] === undefined || isRefused) return carrier;
  return { ...carrier, spanId: deriveSpanId(carrier.traceId, 'task', taskRunUid) };
}

/** A run's own span, for a PipelineRun or a TaskRun. */
export function runSpan(run: KubeObject): RunSpan | undefined {
  return run.kind === 'PipelineRun' ? pipelineRunSpan(run) : taskRunSpan(run);
}

/** The run without the annotations that name its own span: it has no context then. */
export function withoutContext<T extends KubeObject>(run: T): T {
  const annotations = Object.entries(run.metadata.annotations ?? {}).filter(([name]) => !OWN_CONTEXTS.includes(name));
  return { ...run, metadata: { ...run.metadata, annotations: Object.fromEntries(annotations) } };
}

/** The inbound parent that the creator supplied, whether it was joined or not. */
export function inboundParent(run: KubeObject): SpanCarrier | undefined {
  return parseForeignCarrier(run.metadata.annotations?.[PARENT_SPAN_CONTEXT]);
}
