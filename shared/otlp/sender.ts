import { attribute } from './spans.ts';
import type { LocatedSpan } from './spans.ts';
import type { KeyValue, ResourceSpans, TracesData } from './types.ts';

/** Attributes of this name are ours: what a step sends under it is left out. */
const OWN_PREFIX = 'tektrace.';
const SENDER_TRACE = 'tektrace.sender.trace_id';
const SENDER_SPAN = 'tektrace.sender.span_id';
const POD = 'k8s.pod.name';
const CONTAINER = 'k8s.container.name';
const NAMESPACE = 'k8s.namespace.name';

/** On a span that a step sent: why it is no part of its run's trace. */
export const APART = 'tektrace.apart';
export type ApartReason = 'other-trace' | 'span-id-taken';

/** One container of a run's Pod, from which spans came: known from its token and not from what it says. */
export interface SpanSender {
  /** Of the run. */
  traceId: string;
  /** The span that `TRACEPARENT` names to the container: the step's own, or its task's. */
  spanId: string;
  namespace: string;
  pod: string;
  container: string;
}

const text = (key: string, stringValue: string): KeyValue => ({ key, value: { stringValue } });

function senderAttributes(sender: SpanSender): KeyValue[] {
  return [
    text(NAMESPACE, sender.namespace),
    text(POD, sender.pod),
    text(CONTAINER, sender.container),
    text(SENDER_TRACE, sender.traceId),
    text(SENDER_SPAN, sender.spanId),
  ];
}

/** The spans with who sent them on their resource, in place of what they say of it; those of another trace are marked as apart. */
export function withSender(traces: TracesData, sender: SpanSender): TracesData {
  const known = senderAttributes(sender);
  const foreign = ({ key }: KeyValue): boolean => !key.startsWith(OWN_PREFIX);
  const ofOthers = (kv: KeyValue): boolean => foreign(kv) && known.every(({ key }) => key !== kv.key);
  const marked = ({ resource, scopeSpans, ...rest }: ResourceSpans): ResourceSpans => ({
    ...rest,
    resource: { ...resource, attributes: [...resource.attributes.filter(ofOthers), ...known] },
    scopeSpans: scopeSpans.map((group) => ({
      ...group,
      spans: group.spans.map((span) => {
        const attributes = span.attributes.filter(foreign);
        if (span.traceId !== sender.traceId) attributes.push(text(APART, 'other-trace' satisfies ApartReason));
        return { ...span, attributes };
      }),
    })),
  });
  return { resourceSpans: traces.resourceSpans.map(marked) };
}

/** Who sent a span with a step's token; undefined for the product's own spans. */
export function senderOf({ resource }: Pick<LocatedSpan, 'resource'>): SpanSender | undefined {
  const [traceId, spanId] = [SENDER_TRACE, SENDER_SPAN].map((key) => attribute(resource.attributes, key));
  if (traceId === undefined || spanId === undefined) return undefined;
  const [namespace = '', pod = '', container = ''] = [NAMESPACE, POD, CONTAINER].map((key) =>
    attribute(resource.attributes, key),
  );
  return { traceId, spanId, namespace, pod, container };
}

/** The mark for a span whose id a span of the product has. */
export const SPAN_ID_TAKEN: KeyValue = text(APART, 'span-id-taken' satisfies ApartReason);

/** Why a span that a step sent is apart; undefined for one that is part of its run's trace. */
export function apartReason({ span, resource }: LocatedSpan): ApartReason | undefined {
  const reason = senderOf({ resource }) && attribute(span.attributes, APART);
  return reason === 'other-trace' || reason === 'span-id-taken' ? reason : undefined;
}
