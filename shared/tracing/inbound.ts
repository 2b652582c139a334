import type { KubeObject } from '../kubernetes/types.ts';
import { carrierNames, DELIVERY_TRACEPARENT, PARENT_SPAN_CONTEXT } from '../tekton/annotations.ts';
import { parseForeignCarrier, parseTraceparent } from './carrier.ts';
import type { SpanCarrier } from './carrier.ts';

/**
 * The inbound parent that the creator of a run supplied: the neutral annotation (a JSON carrier, or a bare traceparent as in `TRACEPARENT`), else
 * upstream's own, as Pipelines-as-Code sets it, else `tekton.dev/deliveryTraceparent`, which was proposed to come last.
 */
export function suppliedParent({ kind, metadata }: KubeObject): SpanCarrier | undefined {
  const annotations = metadata.annotations ?? {};
  const neutral = annotations[PARENT_SPAN_CONTEXT];
  return (
    parseForeignCarrier(neutral) ??
    parseTraceparent(neutral) ??
    parseForeignCarrier(annotations[carrierNames(kind).upstream]) ??
    parseTraceparent(annotations[DELIVERY_TRACEPARENT])
  );
}
