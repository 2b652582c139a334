import { attribute } from './spans.ts';
import type { LocatedSpan } from './spans.ts';
import type { KeyValue, Resource, ResourceSpans, TracesData } from './types.ts';

/** Prefix of our attributes: those that a step sends are removed. */
const OWN_PREFIX = 'tektrace.';
const SENDER_TRACE = 'tektrace.sender.trace_id';
const SENDER_SPAN = 'tektrace.sender.span_id';
const POD = 'k8s.pod.name';
const CONTAINER = 'k8s.container.name';
const NAMESPACE = 'k8s.namespace.name';

/** Attribute on a step's span: why it is not part of its run's trace. */
export const APART = 'tektrace.apart';
export type ApartReason = 'other-trace' | 'span-id-taken';

/** The container of a run's Pod that sent spans, known from its token. */
export interface SpanSender {
  /** Trace id of the run. */
  traceId: string;
  /** The span in the container's `TRACEPARENT`: the step's own, or its task's. */
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

/** The spans with their sender on the resource, which replaces the same attributes in the spans. Spans of another trace are marked as apart. */
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

function readSender({ attributes }: Resource): SpanSender | undefined {
  const [traceId, spanId] = [SENDER_TRACE, SENDER_SPAN].map((key) => attribute(attributes, key));
  if (traceId === undefined || spanId === undefined) return undefined;
  const [namespace = '', pod = '', container = ''] = [NAMESPACE, POD, CONTAINER].map((key) =>
    attribute(attributes, key),
  );
  return { traceId, spanId, namespace, pod, container };
}

/** Thousands of spans share a few resources, which do not change. */
const senders = new WeakMap<Resource, { sender: SpanSender | undefined }>();

/** The sender of a span with a step's token; undefined for our own spans. */
export function senderOf({ resource }: Pick<LocatedSpan, 'resource'>): SpanSender | undefined {
  const known = senders.get(resource) ?? { sender: readSender(resource) };
  senders.set(resource, known);
  return known.sender;
}

/** The mark for a span whose id one of our own spans has. */
export const SPAN_ID_TAKEN: KeyValue = text(APART, 'span-id-taken' satisfies ApartReason);

/** Why a step's span is apart; undefined if it is part of its run's trace. */
export function apartReason({ span, resource }: LocatedSpan): ApartReason | undefined {
  const reason = senderOf({ resource }) && attribute(span.attributes, APART);
  return reason === 'other-trace' || reason === 'span-id-taken' ? reason : undefined;
}
