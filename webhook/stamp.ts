import type { AnnotationChanges } from '../shared/kubernetes/patch.ts';
import type { RandomBytes } from '../shared/tracing/ids.ts';
import { newSpanId, newTraceId } from '../shared/tracing/ids.ts';
import { formatCarrier, parseCarrier } from '../shared/tracing/carrier.ts';
import type { SpanCarrier } from '../shared/tracing/carrier.ts';
import { suppliedParent } from '../shared/tracing/inbound.ts';
import { isSubmittedCopy, wasSubmitted } from '../shared/tracing/provenance.ts';
import { shouldSample } from '../shared/tracing/sampling.ts';
import type { Sampling } from '../shared/tracing/sampling.ts';
import {
  carrierNames,
  PARENT_SPAN_CONTEXT,
  REFUSED_OWNER,
  RERUN_SPAN_CONTEXT,
  TRACE_EXPORTED,
  TRACE_URL,
} from '../shared/tekton/annotations.ts';
import type { AdmissionRequest } from './admission-review.ts';
import type { Unchanged } from './outcome.ts';

/** The webhook's settings (docs/security.md). */
export interface StampSettings {
  sampling: Sampling;
  /** What to do with an inbound parent: `trusted` joins it if the requester is trusted, else links it. */
  inbound: 'trusted' | 'join' | 'link' | 'ignore';
  /** User names whose owner references and inbound parents are trusted: upstream's controllers, ours, Pipelines-as-Code. */
  trustedRequesters: string[];
  /** The URL of a trace for the annotation `tekton/trace-url`. */
  traceUrl?: (traceId: string) => string;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT` for containers without OTLP settings of their own. */
  stepOtlpEndpoint?: string;
  random?: RandomBytes;
  nowMs?: () => number;
}

export function isTrusted(request: AdmissionRequest, settings: StampSettings): boolean {
  return settings.trustedRequesters.includes(request.username);
}

function joins(request: AdmissionRequest, settings: StampSettings): boolean {
  return settings.inbound === 'join' || (settings.inbound === 'trusted' && isTrusted(request, settings));
}

function newRoot(request: AdmissionRequest, settings: StampSettings, parent: SpanCarrier | undefined): SpanCarrier {
  const spanId = newSpanId(settings.random);
  if (parent) {
    // A delivery keeps or drops all its runs together; the flag of somebody who is not trusted is advice.
    const sampled = isTrusted(request, settings)
      ? parent.sampled
      : shouldSample(settings.sampling, parent.traceId, request.namespace);
    return { ...parent, spanId, sampled };
  }
  const traceId = newTraceId(settings.random);
  return { traceId, spanId, sampled: shouldSample(settings.sampling, traceId, request.namespace) };
}

/** The link to the trace; without a setting none, not even a copied one. */
export function traceLink(settings: StampSettings, traceId: string): AnnotationChanges {
  return { [TRACE_URL]: settings.traceUrl?.(traceId) ?? null };
}

/**
 * The annotations of a run that belongs to no other's trace: its own new root span, unless an earlier call has stamped it. A copy of another run
 * gets a trace of its own and the old context as a `rerun of` link; what else was copied is removed. `refusedOwner` is the uid
 * of a PipelineRun that the requester may not bring its run to.
 */
export function stampRoot(
  request: AdmissionRequest,
  settings: StampSettings,
  refusedOwner: string | null = null,
): AnnotationChanges | Unchanged {
  const { object } = request;
  const annotations = object.metadata.annotations ?? {};
  const { own, upstream } = carrierNames(object.kind);
  const present = parseCarrier(annotations[own]);
  if (present && !wasSubmitted(object.metadata, own)) return 'already_stamped';
  const isCopy = isSubmittedCopy(object);
  const parent = isCopy || settings.inbound === 'ignore' ? undefined : suppliedParent(object);
  const root = newRoot(request, settings, parent && joins(request, settings) ? parent : undefined);
  const carrier = formatCarrier(root);
  return {
    [own]: carrier,
    [upstream]: carrier,
    [PARENT_SPAN_CONTEXT]: parent ? formatCarrier(parent) : null,
    [RERUN_SPAN_CONTEXT]: present ? formatCarrier(present) : null,
    [TRACE_EXPORTED]: null,
    [REFUSED_OWNER]: refusedOwner,
    ...traceLink(settings, root.traceId),
  };
}
