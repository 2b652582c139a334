import { formatCarrier, parseCarrier } from '../shared/tracing/carrier.ts';
import { parentOf } from '../shared/tekton/parent-of.ts';
import {
  PIPELINE_RUN_SPAN_CONTEXT,
  TASK_RUN_SPAN_CONTEXT,
  UPSTREAM_TASK_RUN_SPAN_CONTEXT,
} from '../shared/tekton/annotations.ts';
import type { AdmissionRequest } from './admission-review.ts';
import { isTrusted, stampRoot, traceUrl } from './stamp.ts';
import type { StampSettings } from './stamp.ts';

const NAMES = { own: TASK_RUN_SPAN_CONTEXT, upstream: UPSTREAM_TASK_RUN_SPAN_CONTEXT };

/** The annotations that a TaskRun gets at CREATE: its own root, or the context of the PipelineRun that owns it. */
export function stampTaskRun(request: AdmissionRequest, settings: StampSettings): Record<string, string> {
  if (!parentOf(request.object)) return stampRoot(request, NAMES, settings);
  // An owner reference of an untrusted requester must not put the object into the owner's trace.
  return isTrusted(request, settings) ? stampChild(request, settings) : {};
}

function stampChild(request: AdmissionRequest, settings: StampSettings): Record<string, string> {
  const annotations = request.object.metadata.annotations ?? {};
  // Upstream copies the PipelineRun's annotations to its TaskRuns; our controller writes the TaskRun's annotations.
  const parent =
    parseCarrier(annotations[TASK_RUN_SPAN_CONTEXT]) ?? parseCarrier(annotations[PIPELINE_RUN_SPAN_CONTEXT]);
  if (!parent) return {};
  const carrier = formatCarrier(parent);
  const upstream = parseCarrier(annotations[UPSTREAM_TASK_RUN_SPAN_CONTEXT]);
  return {
    [TASK_RUN_SPAN_CONTEXT]: carrier,
    ...(upstream?.traceId !== parent.traceId && { [UPSTREAM_TASK_RUN_SPAN_CONTEXT]: carrier }),
    ...traceUrl(settings, parent.traceId),
  };
}
