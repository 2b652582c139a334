import { formatCarrier, parseCarrier } from '../shared/tracing/carrier.ts';
import { newSpanId } from '../shared/tracing/ids.ts';
import { parentOf } from '../shared/tekton/parent-of.ts';
import {
  PARENT_SPAN_CONTEXT,
  PIPELINE_RUN_SPAN_CONTEXT,
  REFUSED_OWNER,
  RERUN_SPAN_CONTEXT,
  TRACE_EXPORTED,
  UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT,
} from '../shared/tekton/annotations.ts';
import type { AnnotationChanges } from '../shared/kubernetes/patch.ts';
import { wasSubmitted } from '../shared/tracing/provenance.ts';
import type { AdmissionRequest } from './admission-review.ts';
import type { Unchanged } from './outcome.ts';
import { isTrusted, stampRoot, traceLink } from './stamp.ts';
import type { StampSettings } from './stamp.ts';

/** The annotations a PipelineRun gets at CREATE: a root of its own, or a span below the run that owns it. */
export function stampPipelineRun(request: AdmissionRequest, settings: StampSettings): AnnotationChanges | Unchanged {
  const owner = parentOf(request.object);
  if (!owner) return stampRoot(request, settings);
  // An owner reference that somebody else wrote must not bring its object into the owner's trace.
  return isTrusted(request, settings) ? stampChild(request, settings) : stampRoot(request, settings, owner.uid);
}

/** A child run inherited its owner's annotations: what they name is its parent; in the same trace it gets a span of its own. */
function stampChild({ object }: AdmissionRequest, settings: StampSettings): AnnotationChanges | Unchanged {
  const annotations = object.metadata.annotations ?? {};
  const present = parseCarrier(annotations[PIPELINE_RUN_SPAN_CONTEXT]);
  if (present && !wasSubmitted(object.metadata, PIPELINE_RUN_SPAN_CONTEXT)) return 'already_stamped';
  const inherited = present ?? parseCarrier(annotations[UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT]);
  if (!inherited) return 'no_owner_context';
  const own = formatCarrier({ ...inherited, spanId: newSpanId(settings.random) });
  return {
    [PIPELINE_RUN_SPAN_CONTEXT]: own,
    [UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT]: own,
    [PARENT_SPAN_CONTEXT]: formatCarrier(inherited),
    [RERUN_SPAN_CONTEXT]: null,
    [TRACE_EXPORTED]: null,
    [REFUSED_OWNER]: null,
    ...traceLink(settings, inherited.traceId),
  };
}
