import { formatCarrier, parseCarrier } from '../shared/tracing/carrier.ts';
import { newSpanId } from '../shared/tracing/ids.ts';
import { parentOf } from '../shared/tekton/parent-of.ts';
import {
  PARENT_SPAN_CONTEXT,
  PIPELINE_RUN_SPAN_CONTEXT,
  UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT,
} from '../shared/tekton/annotations.ts';
import type { AdmissionRequest } from './admission-review.ts';
import { isTrusted, stampRoot, traceUrl } from './stamp.ts';
import type { StampSettings } from './stamp.ts';

const NAMES = { own: PIPELINE_RUN_SPAN_CONTEXT, upstream: UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT };

/** The annotations that a PipelineRun gets at CREATE. */
export function stampPipelineRun(request: AdmissionRequest, settings: StampSettings): Record<string, string> {
  // An owner reference of an untrusted requester must not put the object into the owner's trace.
  const isChild = parentOf(request.object) !== undefined && isTrusted(request, settings);
  return isChild ? stampChild(request, settings) : stampRoot(request, NAMES, settings);
}

/** A child run has inherited its owner's annotations. Their span is its parent; the child gets its own span in the same trace. */
function stampChild(request: AdmissionRequest, settings: StampSettings): Record<string, string> {
  const annotations = request.object.metadata.annotations ?? {};
  const inherited =
    parseCarrier(annotations[PIPELINE_RUN_SPAN_CONTEXT]) ??
    parseCarrier(annotations[UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT]);
  if (!inherited) return {};
  const own = formatCarrier({ ...inherited, spanId: newSpanId(settings.random) });
  return {
    [PIPELINE_RUN_SPAN_CONTEXT]: own,
    [UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT]: own,
    [PARENT_SPAN_CONTEXT]: formatCarrier(inherited),
    ...traceUrl(settings, inherited.traceId),
  };
}
