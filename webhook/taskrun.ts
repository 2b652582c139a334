import { formatCarrier, parseCarrier } from '../shared/tracing/carrier.ts';
import { parentOf } from '../shared/tekton/parent-of.ts';
import {
  PARENT_SPAN_CONTEXT,
  PIPELINE_RUN_SPAN_CONTEXT,
  REFUSED_OWNER,
  RERUN_SPAN_CONTEXT,
  TASK_RUN_SPAN_CONTEXT,
  TRACE_EXPORTED,
  UPSTREAM_TASK_RUN_SPAN_CONTEXT,
} from '../shared/tekton/annotations.ts';
import type { AnnotationChanges } from '../shared/kubernetes/patch.ts';
import type { AdmissionRequest } from './admission-review.ts';
import type { Unchanged } from './outcome.ts';
import { isTrusted, stampRoot, traceLink } from './stamp.ts';
import type { StampSettings } from './stamp.ts';

/** The annotations a TaskRun gets at CREATE: a root of its own, or the context of the PipelineRun that owns it. */
export function stampTaskRun(request: AdmissionRequest, settings: StampSettings): AnnotationChanges | Unchanged {
  const owner = parentOf(request.object);
  if (!owner) return stampRoot(request, settings);
  // An owner reference that somebody else wrote must not bring its object into the owner's trace.
  return isTrusted(request, settings) ? stampChild(request, settings) : stampRoot(request, settings, owner.uid);
}

function stampChild(request: AdmissionRequest, settings: StampSettings): AnnotationChanges | Unchanged {
  const annotations = request.object.metadata.annotations ?? {};
  // Upstream copies the PipelineRun's annotations to its TaskRuns; our controller writes the TaskRun's own instead.
  const parent =
    parseCarrier(annotations[PIPELINE_RUN_SPAN_CONTEXT]) ?? parseCarrier(annotations[TASK_RUN_SPAN_CONTEXT]);
  if (!parent) return 'no_owner_context';
  const carrier = formatCarrier(parent);
  const upstream = parseCarrier(annotations[UPSTREAM_TASK_RUN_SPAN_CONTEXT]);
  return {
    [TASK_RUN_SPAN_CONTEXT]: carrier,
    ...(upstream?.traceId !== parent.traceId && { [UPSTREAM_TASK_RUN_SPAN_CONTEXT]: carrier }),
    // What was copied from the PipelineRun with the rest is not the TaskRun's.
    [PARENT_SPAN_CONTEXT]: null,
    [RERUN_SPAN_CONTEXT]: null,
    [TRACE_EXPORTED]: null,
    [REFUSED_OWNER]: null,
    ...traceLink(settings, parent.traceId),
  };
}
