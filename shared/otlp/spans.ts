import type { AnyValue, InstrumentationScope, KeyValue, Resource, Span, TracesData } from './types.ts';

/** A span with its resource and scope. */
export interface LocatedSpan {
  span: Span;
  resource: Resource;
  scope: InstrumentationScope;
  /** `service.name` of the resource, empty without one. */
  serviceName: string;
}

/** A value as text: strings unchanged, everything else as JSON. */
export function valueText(value: AnyValue | undefined): string {
  const plain = plainValue(value);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}

/** The value as JSON. Integers beyond 2^53 stay strings, so that no digit is lost. */
export function plainValue(value: AnyValue | undefined): unknown {
  if (value === undefined) return null;
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) {
    return Number.isSafeInteger(Number(value.intValue)) ? Number(value.intValue) : value.intValue;
  }
  if (value.doubleValue !== undefined) return value.doubleValue;
  if (value.arrayValue) return value.arrayValue.values.map(plainValue);
  if (value.kvlistValue)
    return Object.fromEntries(value.kvlistValue.values.map((kv) => [kv.key, plainValue(kv.value)]));
  return value.bytesValue ?? null;
}

/** The text of an attribute; undefined if it is not set. */
export function attribute(attributes: KeyValue[], key: string): string | undefined {
  const found = attributes.find((kv) => kv.key === key);
  return found && valueText(found.value);
}

/** Every span of the document, in its order. */
export function locateSpans(traces: TracesData): LocatedSpan[] {
  return traces.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const serviceName = attribute(resource.attributes, 'service.name') ?? '';
    return scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ span, resource, scope, serviceName })));
  });
}
