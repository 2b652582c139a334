import type { Jaeger } from './jaeger.ts';

export interface StoredSpan {
  name: string;
  spanId: string;
}

export interface ShownSpan extends StoredSpan {
  service: string;
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
  /** What Jaeger finds wrong, in either answer: `<span name>: <warning>`. */
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

interface OtlpSpan {
  spanId: string;
  name: string;
  attributes?: { key: string; value: { stringValue?: string; arrayValue?: { values: { stringValue?: string }[] } } }[];
}

interface OtlpTrace {
  result: { resourceSpans: { scopeSpans: { spans?: OtlpSpan[] }[] }[] };
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
  };
}

function v3Warnings(span: OtlpSpan): string[] {
  const found = (span.attributes ?? []).filter(({ key }) => key === '@jaeger@warnings');
  return found.map(
    ({ value }) =>
      `${span.name}: ${(value.arrayValue?.values ?? [value]).map(({ stringValue }) => stringValue).join('; ')}`,
  );
}

/** One trace, from both of Jaeger's query interfaces. Throws when either does not know it. */
export async function readTrace({ queryUrl }: Pick<Jaeger, 'queryUrl'>, traceId: string): Promise<JaegerTrace> {
  const { data } = (await readJson(`${queryUrl}/api/traces/${traceId}`)) as { data: ApiTrace[] };
  const { result } = (await readJson(`${queryUrl}/api/v3/traces/${traceId}`)) as OtlpTrace;
  const stored = result.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans = [] }) => spans));
  return {
    shown: data.flatMap((trace) => trace.spans.map((span) => shownSpan(span, trace))),
    stored,
    warnings: [
      ...data.flatMap(({ warnings, spans }) => [
        ...(warnings ?? []),
        ...spans.flatMap((span) => (span.warnings ?? []).map((warning) => `${span.operationName}: ${warning}`)),
      ]),
      ...stored.flatMap(v3Warnings),
    ],
  };
}
