/** Names of annotations and labels: Tektrace's (docs/trace.md), and those that upstream Tekton reads too. */

export const PIPELINE_RUN_SPAN_CONTEXT = 'tekton/pipelinerun-span-context';
export const TASK_RUN_SPAN_CONTEXT = 'tekton/taskrun-span-context';
/** Upstream Tekton's names for the same carriers (pkg/reconciler/pipelinerun/tracing.go). */
export const UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT = 'tekton.dev/pipelinerunSpanContext';
export const UPSTREAM_TASK_RUN_SPAN_CONTEXT = 'tekton.dev/taskrunSpanContext';
export const PARENT_SPAN_CONTEXT = 'tekton/parent-span-context';
/** A bare traceparent of the delivery that a run belongs to, as Konflux proposed it. */
export const DELIVERY_TRACEPARENT = 'tekton.dev/deliveryTraceparent';
/** JSON carrier of the original of a copied run; it becomes a `rerun of` link. */
export const RERUN_SPAN_CONTEXT = 'tekton/rerun-span-context';
/** The uid of the owner in an owner reference that is not trusted. The run has a trace of its own. */
export const REFUSED_OWNER = 'tekton/refused-owner';
export const ADMISSION_TIME = 'tekton/admission-time';
export const TRACE_URL = 'tekton/trace-url';
export const TRACE_EXPORTED = 'tekton/trace-exported';

/** On Pods: bare W3C values for the downward API. */
export const POD_SPAN_CONTEXT = 'tekton/span-context';
export const POD_TRACESTATE = 'tekton/tracestate';
export const POD_BAGGAGE = 'tekton/baggage';

/** The annotations that carry a run's own root: ours and upstream's. */
export interface CarrierNames {
  own: string;
  upstream: string;
}

/** Those of a PipelineRun, or of a TaskRun. */
export function carrierNames(kind: string | undefined): CarrierNames {
  return kind === 'PipelineRun'
    ? { own: PIPELINE_RUN_SPAN_CONTEXT, upstream: UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT }
    : { own: TASK_RUN_SPAN_CONTEXT, upstream: UPSTREAM_TASK_RUN_SPAN_CONTEXT };
}

const UPSTREAM_CARRIERS = [UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT, UPSTREAM_TASK_RUN_SPAN_CONTEXT];

/** Whether Tektrace may write the annotation: its own ones, and upstream's carriers. */
export function isOwnAnnotation(key: string): boolean {
  return key.startsWith('tekton/') || UPSTREAM_CARRIERS.includes(key);
}

export const LABEL_PIPELINE = 'tekton.dev/pipeline';
export const LABEL_PIPELINE_RUN = 'tekton.dev/pipelineRun';
export const LABEL_PIPELINE_RUN_UID = 'tekton.dev/pipelineRunUID';
export const LABEL_PIPELINE_TASK = 'tekton.dev/pipelineTask';
export const LABEL_MEMBER_OF = 'tekton.dev/memberOf';
export const LABEL_TASK = 'tekton.dev/task';
export const LABEL_TASK_RUN = 'tekton.dev/taskRun';
export const LABEL_TASK_RUN_UID = 'tekton.dev/taskRunUID';

export const POD_READY = 'tekton.dev/ready';
export const POD_READY_VALUE = 'READY';

/** Label of a run or a namespace, with any value, that disables tracing. */
export const IGNORE = 'tektrace.dev/ignore';

/** The value of `spec.managedBy` that selects this controller. */
export const MANAGED_BY = 'tektrace.dev/controller';
