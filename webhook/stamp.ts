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

/** What the webhook decides by (docs/trace.md). */
export interface StampSettings {
  sampling: Sampling;
  /** What becomes of an inbound parent: `trusted` joins it when the requester is trusted and links it otherwise. */
  inbound: 'trusted' | 'join' | 'link' | 'ignore';
  /** User names whose owner references and inbound parents count: upstream's controllers, ours, Pipelines-as-Code. */
  trustedRequesters: string[];
  /** `{traceId}` is replaced. */
  traceUrlTemplate?: string;
  /** Where programs inside steps send their spans (`OTEL_EXPORTER_OTLP_ENDPOINT`), for containers that don't say it themselves. */
  stepOtlpEndpoint?: string;
  random?: RandomBytes;
  nowMs?: () => number;
}

/** What an inbound parent that is ignored is replaced by: it does not parse, so it counts as absent. A patch only adds. */
const NO_CARRIER = '{}';

export function isTrusted(request: AdmissionRequest, settings: StampSettings): boolean {
  return settings.trustedRequesters.includes(request.username);
}

/** The inbound parent a creator supplied: the neutral annotation, else upstream's, as Pipelines-as-Code sets it. */
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
    // Its sampled flag is advice unless the requester is trusted.
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

/** How a kind carries its own root: our annotation and upstream's. */
export interface CarrierNames {
  own: string;
  upstream: string;
}

/**
 * The annotations of a run that no run owns: its own new root span, unless an earlier call has stamped it. A copy of another run gets a
 * trace of its own and the old context as a `rerun of` link; what else was copied is ignored.
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
