/**
 * OTLP traces in OTLP's JSON mapping: ids in lower-case hex, 64-bit numbers as decimal strings, enums as numbers. Optional fields may be absent at
 * their proto3 default.
 */
export interface TracesData {
  resourceSpans: ResourceSpans[];
}

export interface ResourceSpans {
  resource: Resource;
  scopeSpans: ScopeSpans[];
  schemaUrl?: string;
}

export interface Resource {
  attributes: KeyValue[];
  droppedAttributesCount?: number;
}

export interface ScopeSpans {
  scope: InstrumentationScope;
  spans: Span[];
  schemaUrl?: string;
}

export interface InstrumentationScope {
  name?: string;
  version?: string;
  attributes: KeyValue[];
  droppedAttributesCount?: number;
}

export interface Span {
  traceId: string;
  spanId: string;
  traceState?: string;
  /** Absent on a root. */
  parentSpanId?: string;
  name: string;
  /** `SPAN_KIND` */
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: KeyValue[];
  droppedAttributesCount?: number;
  events: SpanEvent[];
  droppedEventsCount?: number;
  links: SpanLink[];
  droppedLinksCount?: number;
  status: SpanStatus;
  flags?: number;
}

export interface SpanEvent {
  timeUnixNano: string;
  name: string;
  attributes: KeyValue[];
  droppedAttributesCount?: number;
}

export interface SpanLink {
  traceId: string;
  spanId: string;
  traceState?: string;
  attributes: KeyValue[];
  droppedAttributesCount?: number;
  flags?: number;
}

export interface SpanStatus {
  message?: string;
  /** `STATUS_CODE` */
  code: number;
}

export interface KeyValue {
  key: string;
  value: AnyValue;
}

/** At most one member is set. Without a member the value is empty. */
export interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  /** A signed 64-bit integer as decimal string. */
  intValue?: string;
  /** `NaN` and the infinities are strings, as JSON has no number for them. */
  doubleValue?: number | 'NaN' | 'Infinity' | '-Infinity';
  arrayValue?: { values: AnyValue[] };
  kvlistValue?: { values: KeyValue[] };
  /** Base64. */
  bytesValue?: string;
}

export const SPAN_KIND = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
export const STATUS_CODE = { unset: 0, ok: 1, error: 2 } as const;
