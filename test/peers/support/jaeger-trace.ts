import type { Jaeger } from './jaeger.ts';

export interface StoredSpan {
  name: string;
  spanId: string;
  service: string;
  /** What Jaeger finds wrong with it. */
  warnings: string[];
}

export interface ShownSpan extends StoredSpan {
  /** Undefined for a span without a parent in this trace. */
  parentSpanId: string | undefined;
  startMs: number;
  endMs: number;
  tags: Record<string, unknown>;
  /** Trace ids of what the span links to. */
  links: string[];
}

export interface JaegerTrace {
  /** As the page shows it (`/api/traces`): a span that was sent twice is here once. */
  shown: ShownSpan[];
  /** As it is stored (`/api/v3/traces`): every copy. */
  stored: StoredSpan[];
  /** What Jaeger finds wrong with the trace or a span of it, in either answer: `<span name>: <warning>`. */
  warnings: string[];
}

interface ApiSpan {
  spanID: string;
  operationName: string;
  processID: string;
  startTime: number;
  duration: number;
  references: { refType: string; traceID: string; spanID: string }[];
  tags: { key: string; value: unknown }[];
  warnings: string[] | null;
}

interface ApiTrace {
  traceID: string;
  spans: ApiSpan[];
  processes: Record<string, { serviceName: string }>;
  warnings: string[] | null;
}

interface OtlpAttribute {
  key: string;
  value: { stringValue?: string; arrayValue?: { values: { stringValue?: string }[] } };
}

interface OtlpSpan {
  spanId: string;
  name: string;
  attributes?: OtlpAttribute[];
}

interface OtlpTrace {
  result: {
    resourceSpans: { resource?: { attributes?: OtlpAttribute[] }; scopeSpans: { spans?: OtlpSpan[] }[] }[];
  };
}

/** Unknown paths are answered with the page, and 200. */
async function readJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok || text.startsWith('<')) throw new Error(`${url}: ${response.status} ${text.slice(0, 200)}`);
  return JSON.parse(text) as unknown;
}

function shownSpan(span: ApiSpan, trace: ApiTrace): ShownSpan {
  const parent = span.references.find(({ refType, traceID }) => refType === 'CHILD_OF' && traceID === trace.traceID);
  return {
    name: span.operationName,
    spanId: span.spanID,
    service: trace.processes[span.processID]?.serviceName ?? '',
    parentSpanId: parent?.spanID,
    startMs: span.startTime / 1000,
    endMs: (span.startTime + span.duration) / 1000,
    tags: Object.fromEntries(span.tags.map(({ key, value }) => [key, value])),
    links: span.references.filter((reference) => reference !== parent).map(({ traceID }) => traceID),
    warnings: span.warnings ?? [],
  };
}

function storedSpans({ result }: OtlpTrace): StoredSpan[] {
  return result.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource?.attributes?.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
    return scopeSpans.flatMap(({ spans = [] }) =>
      spans.map(({ name, spanId, attributes = [] }) => {
        const found = attributes.filter(({ key }) => key === '@jaeger@warnings');
        const texts = found.flatMap(({ value }) => (value.arrayValue?.values ?? [value]).map((one) => one.stringValue));
        return { name, spanId, service, warnings: texts.map(String) };
      }),
    );
  });
}

/** One trace, from both of Jaeger's query interfaces. Throws when either does not know it. */
export async function readTrace({ queryUrl }: Pick<Jaeger, 'queryUrl'>, traceId: string): Promise<JaegerTrace> {
  const { data } = (await readJson(`${queryUrl}/api/traces/${traceId}`)) as { data: ApiTrace[] };
  const stored = storedSpans((await readJson(`${queryUrl}/api/v3/traces/${traceId}`)) as OtlpTrace);
  const shown = data.flatMap((trace) => trace.spans.map((span) => shownSpan(span, trace)));
  const ofSpans = [...shown, ...stored].flatMap(({ name, warnings }) => warnings.map((text) => `${name}: ${text}`));
  return { shown, stored, warnings: [...data.flatMap(({ warnings }) => warnings ?? []), ...ofSpans] };
}
