import type { RandomBytes } from '../shared/tracing/ids.ts';
import { newSpanId, newTraceId } from '../shared/tracing/ids.ts';
import { formatCarrier, parseCarrier, parseForeignCarrier } from '../shared/tracing/carrier.ts';
import type { SpanCarrier } from '../shared/tracing/carrier.ts';
import { isCopy } from '../shared/tracing/provenance.ts';
import { shouldSample } from '../shared/tracing/sampling.ts';
import type { Sampling } from '../shared/tracing/sampling.ts';
import {
  PARENT_SPAN_CONTEXT,
  RERUN_SPAN_CONTEXT,
  TRACE_URL,
  UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT,
} from '../shared/tekton/annotations.ts';
import type { AdmissionRequest } from './admission-review.ts';

/** The webhook's settings (docs/trace.md). */
export interface StampSettings {
  sampling: Sampling;
  /** What to do with an inbound parent: `trusted` joins it if the requester is trusted, else links it. */
  inbound: 'trusted' | 'join' | 'link' | 'ignore';
  /** User names whose owner references and inbound parents are trusted: upstream's controllers, ours, Pipelines-as-Code. */
  trustedRequesters: string[];
  /** URL for the annotation `tekton/trace-url`; `{traceId}` is replaced. */
  traceUrlTemplate?: string;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT` for containers without OTLP settings of their own. */
  stepOtlpEndpoint?: string;
  random?: RandomBytes;
  nowMs?: () => number;
}

/** Replaces an ignored inbound parent. A patch can only add, and this value does not parse, so it counts as absent. */
const NO_CARRIER = '{}';

export function isTrusted(request: AdmissionRequest, settings: StampSettings): boolean {
  return settings.trustedRequesters.includes(request.username);
}

/** The inbound parent that a creator supplied: the neutral annotation, else upstream's, which Pipelines-as-Code sets. */
function suppliedParent(annotations: Record<string, string>): SpanCarrier | undefined {
  return (
    parseForeignCarrier(annotations[PARENT_SPAN_CONTEXT]) ??
    parseForeignCarrier(annotations[UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT])
  );
}

function joins(request: AdmissionRequest, settings: StampSettings): boolean {
  return settings.inbound === 'join' || (settings.inbound === 'trusted' && isTrusted(request, settings));
}

function newRoot(request: AdmissionRequest, settings: StampSettings, parent: SpanCarrier | undefined): SpanCarrier {
  const spanId = newSpanId(settings.random);
  if (parent) {
    // Without a trusted requester its sampled flag is only advice.
    const sampled = isTrusted(request, settings)
      ? parent.sampled
      : shouldSample(settings.sampling, parent.traceId, request.namespace);
    return { ...parent, spanId, sampled };
  }
  const traceId = newTraceId(settings.random);
  return { traceId, spanId, sampled: shouldSample(settings.sampling, traceId, request.namespace) };
}

export function traceUrl(settings: StampSettings, traceId: string): Record<string, string> {
  return settings.traceUrlTemplate === undefined
    ? {}
    : { [TRACE_URL]: settings.traceUrlTemplate.replaceAll('{traceId}', traceId) };
}

/** A kind's annotations for its own root: ours and upstream's. */
export interface CarrierNames {
  own: string;
  upstream: string;
}

/**
 * The annotations of a run that no run owns: a new root span, unless an earlier call has set one. A copy of another run gets its own
 * trace, with the old context as a `rerun of` link; other copied annotations are ignored.
 */
export function stampRoot(
  request: AdmissionRequest,
  names: CarrierNames,
  settings: StampSettings,
): Record<string, string> {
  const annotations = request.object.metadata.annotations ?? {};
  const present = parseCarrier(annotations[names.own]);
  const copied = isCopy(request.object.metadata);
  if (present && !copied) return {};
  const parent = copied || settings.inbound === 'ignore' ? undefined : suppliedParent(annotations);
  const root = newRoot(request, settings, parent && joins(request, settings) ? parent : undefined);
  const carrier = formatCarrier(root);
  return {
    [names.own]: carrier,
    [names.upstream]: carrier,
    ...(parent && { [PARENT_SPAN_CONTEXT]: formatCarrier(parent) }),
    // What a copy has as its parent is its original's.
    ...(!parent && annotations[PARENT_SPAN_CONTEXT] && { [PARENT_SPAN_CONTEXT]: NO_CARRIER }),
    ...(copied && present && { [RERUN_SPAN_CONTEXT]: formatCarrier(present) }),
    ...traceUrl(settings, root.traceId),
  };
}
