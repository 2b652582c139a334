/** The wire format of one field. Both decoders use the same table, so a message gives the same result in both encodings. */
export type FieldType =
  | 'string'
  | 'bool'
  | 'uint32'
  | 'int64'
  | 'fixed32'
  | 'fixed64'
  | 'double'
  | 'bytes'
  | 'traceId'
  | 'spanId'
  | 'optionalSpanId'
  | MessageSchema;

export interface Field {
  number: number;
  type: FieldType;
  repeated?: true;
  /** Kept in the result even at its default value. */
  always?: true;
}

export interface MessageSchema {
  /** A oneof: a set member is kept even at its default value, and a later member replaces an earlier one. */
  oneof?: true;
  fields: Record<string, Field>;
}

const anyValue: MessageSchema = { oneof: true, fields: {} };
const keyValue: MessageSchema = {
  fields: { key: { number: 1, type: 'string', always: true }, value: { number: 2, type: anyValue, always: true } },
};
const list = (type: FieldType): MessageSchema => ({ fields: { values: { number: 1, type, repeated: true } } });
Object.assign(anyValue.fields, {
  stringValue: { number: 1, type: 'string' },
  boolValue: { number: 2, type: 'bool' },
  intValue: { number: 3, type: 'int64' },
  doubleValue: { number: 4, type: 'double' },
  arrayValue: { number: 5, type: list(anyValue) },
  kvlistValue: { number: 6, type: list(keyValue) },
  bytesValue: { number: 7, type: 'bytes' },
} satisfies MessageSchema['fields']);

const attributes = (number: number): Field => ({ number, type: keyValue, repeated: true });
const count = (number: number): Field => ({ number, type: 'uint32' });

const event: MessageSchema = {
  fields: {
    timeUnixNano: { number: 1, type: 'fixed64', always: true },
    name: { number: 2, type: 'string', always: true },
    attributes: attributes(3),
    droppedAttributesCount: count(4),
  },
};

const link: MessageSchema = {
  fields: {
    traceId: { number: 1, type: 'traceId', always: true },
    spanId: { number: 2, type: 'spanId', always: true },
    traceState: { number: 3, type: 'string' },
    attributes: attributes(4),
    droppedAttributesCount: count(5),
    flags: { number: 6, type: 'fixed32' },
  },
};

const status: MessageSchema = {
  fields: { message: { number: 2, type: 'string' }, code: { number: 3, type: 'uint32', always: true } },
};

const span: MessageSchema = {
  fields: {
    traceId: { number: 1, type: 'traceId', always: true },
    spanId: { number: 2, type: 'spanId', always: true },
    traceState: { number: 3, type: 'string' },
    parentSpanId: { number: 4, type: 'optionalSpanId' },
    name: { number: 5, type: 'string', always: true },
    kind: { number: 6, type: 'uint32', always: true },
    startTimeUnixNano: { number: 7, type: 'fixed64', always: true },
    endTimeUnixNano: { number: 8, type: 'fixed64', always: true },
    attributes: attributes(9),
    droppedAttributesCount: count(10),
    events: { number: 11, type: event, repeated: true },
    droppedEventsCount: count(12),
    links: { number: 13, type: link, repeated: true },
    droppedLinksCount: count(14),
    status: { number: 15, type: status, always: true },
    flags: { number: 16, type: 'fixed32' },
  },
};

const resource: MessageSchema = { fields: { attributes: attributes(1), droppedAttributesCount: count(2) } };

const scope: MessageSchema = {
  fields: {
    name: { number: 1, type: 'string' },
    version: { number: 2, type: 'string' },
    attributes: attributes(3),
    droppedAttributesCount: count(4),
  },
};

const scopeSpans: MessageSchema = {
  fields: {
    scope: { number: 1, type: scope, always: true },
    spans: { number: 2, type: span, repeated: true },
    schemaUrl: { number: 3, type: 'string' },
  },
};

const resourceSpans: MessageSchema = {
  fields: {
    resource: { number: 1, type: resource, always: true },
    scopeSpans: { number: 2, type: scopeSpans, repeated: true },
    schemaUrl: { number: 3, type: 'string' },
  },
};

/** opentelemetry-proto v1: `TracesData` and `ExportTraceServiceRequest`, which are the same on the wire. */
export const TRACES_DATA: MessageSchema = {
  fields: { resourceSpans: { number: 1, type: resourceSpans, repeated: true } },
};
