import type { AnyValue, KeyValue, ResourceSpans, Span, TracesData } from '../../../../shared/otlp/types.ts';

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
export const START_MS = 1_795_399_200_000;

export interface SpanInput {
  id: string;
  parent?: string;
  name: string;
  /** Milliseconds after START_MS. */
  from: number;
  to: number;
  attributes?: Record<string, string | number | boolean>;
  kind?: number;
  error?: string;
  events?: { name: string; at: number; attributes?: Record<string, string> }[];
  links?: { traceId: string; spanId: string }[];
  traceId?: string;
}

const nanos = (ms: number): string => String(BigInt(Math.round((START_MS + ms) * 1000)) * 1000n);

function anyValue(value: string | number | boolean): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  return typeof value === 'number' ? { intValue: String(value) } : { boolValue: value };
}

export function keyValues(attributes: Record<string, string | number | boolean> = {}): KeyValue[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** A short id, filled up to a span id. */
export const spanId = (id: string): string => Buffer.from(id.padEnd(8, '.')).toString('hex').slice(0, 16);

export function makeSpan(input: SpanInput): Span {
  return {
    traceId: input.traceId ?? TRACE_ID,
    spanId: spanId(input.id),
    ...(input.parent !== undefined && { parentSpanId: spanId(input.parent) }),
    name: input.name,
    kind: input.kind ?? 1,
    startTimeUnixNano: nanos(input.from),
    endTimeUnixNano: nanos(input.to),
    attributes: keyValues(input.attributes),
    events: (input.events ?? []).map((event) => ({
      name: event.name,
      timeUnixNano: nanos(event.at),
      attributes: keyValues(event.attributes),
    })),
    links: (input.links ?? []).map((link) => ({ ...link, attributes: [] })),
    status: input.error === undefined ? { code: 0 } : { code: 2, message: input.error },
  };
}

export function fromService(serviceName: string, spans: SpanInput[]): ResourceSpans {
  return {
    resource: { attributes: keyValues({ 'service.name': serviceName, 'host.name': 'example' }) },
    scopeSpans: [{ scope: { name: 'tektrace', version: '0.1.0', attributes: [] }, spans: spans.map(makeSpan) }],
  };
}

const ok = { 'cicd.pipeline.task.run.result': 'success' };
const run = { pipelinerun: 'build-and-test-x7k2p', namespace: 'default' };

const task = (
  id: string,
  name: string,
  from: number,
  to: number,
  result: Record<string, string | number>,
): SpanInput[] => [
  { id, parent: 'root', name: `task ${name}`, from, to, attributes: { ...run, taskrun: `x7k2p-${name}`, ...result } },
  { id: `${id}-sch`, parent: id, name: 'pod scheduling', from: from + 8, to: from + 40 },
  { id: `${id}-sta`, parent: id, name: 'pod starting', from: from + 40, to: from + 210 },
  {
    id: `${id}-ini`,
    parent: id,
    name: 'init prepare',
    from: from + 90,
    to: from + 140,
    attributes: { 'process.exit.code': 0 },
  },
];

/** What the product exports for a run of two tasks in parallel, one after them that fails, one skipped, one in finally. */
export const lifecycle: SpanInput[] = [
  {
    id: 'root',
    name: 'RUN build-and-test',
    kind: 2,
    from: 0,
    to: 5230,
    attributes: {
      ...run,
      'cicd.pipeline.name': 'build-and-test',
      'cicd.pipeline.result': 'failure',
      'error.type': 'Failed',
    },
    error: 'Tasks Completed: 4 (Failed: 1, Cancelled 0), Skipped: 1',
  },
  { id: 'adm', parent: 'root', name: 'admission', from: 0, to: 12 },
  { id: 'que', parent: 'root', name: 'queued', from: 12, to: 95 },
  ...task('lint', 'lint', 120, 1480, ok),
  { id: 'lint-1', parent: 'lint', name: 'step lint', from: 330, to: 1460, attributes: { 'process.exit.code': 0 } },
  ...task('unit', 'unit-tests', 121, 2890, ok),
  { id: 'unit-1', parent: 'unit', name: 'step install', from: 340, to: 1240, attributes: { 'process.exit.code': 0 } },
  {
    id: 'unit-2',
    parent: 'unit',
    name: 'step test',
    from: 1240,
    to: 2870,
    attributes: { 'process.exit.code': 0, 'container.image.name': 'node:24' },
    events: [{ name: 'first test', at: 1500, attributes: { file: 'math.test.ts' } }],
  },
  {
    ...task('img', 'build-image', 2910, 4480, {
      'cicd.pipeline.task.run.result': 'failure',
      'error.type': 'Failed',
    })[0]!,
    error: '"step-push" exited with code 1',
  },
  ...task('img', 'build-image', 2910, 4480, {}).slice(1),
  { id: 'img-p', parent: 'img-sta', name: 'image pull buildah:1.42', from: 2960, to: 3090 },
  { id: 'img-1', parent: 'img', name: 'step build', from: 3130, to: 4020, attributes: { 'process.exit.code': 0 } },
  {
    id: 'img-2',
    parent: 'img',
    name: 'step push',
    from: 4020,
    to: 4460,
    attributes: { 'process.exit.code': 1, 'error.type': 'Error', 'container.image.name': 'buildah:1.42' },
    error: 'unauthorized: authentication required',
  },
  {
    id: 'depl',
    parent: 'root',
    name: 'task deploy',
    from: 4480,
    to: 4480,
    attributes: { 'cicd.pipeline.task.run.result': 'skip', 'tektrace.skip.reason': 'Parent Tasks were skipped' },
  },
  ...task('rep', 'report', 4500, 5210, ok),
  { id: 'rep-1', parent: 'rep', name: 'step notify', from: 4720, to: 5190, attributes: { 'process.exit.code': 0 } },
];

const reconciles = (id: string, parent: string, kind: string, times: number[]): SpanInput[] =>
  times.flatMap((at, index) => [
    { id: `${id}${index}`, parent, name: `${kind}:ReconcileKind`, from: at, to: at + 34 },
    { id: `${id}${index}a`, parent: `${id}${index}`, name: 'reconcile', from: at + 2, to: at + 30 },
    {
      id: `${id}${index}b`,
      parent: `${id}${index}a`,
      name: 'updateStatus',
      from: at + 20,
      to: at + 29,
      ...(index === 1 && { error: 'the object has been modified (409)', attributes: { 'error.type': 'Conflict' } }),
    },
  ]);

/** Spans made by a program inside a step. */
export const insideStep: SpanInput[] = [
  { id: 'npm', parent: 'unit-2', name: 'npm test', from: 1262, to: 2850 },
  { id: 'npm-1', parent: 'npm', name: 'math adds', from: 1500, to: 1900 },
];

export const exampleTrace: TracesData = {
  resourceSpans: [
    fromService('tekton-pipelines', lifecycle),
    fromService('pipelinerun-reconciler', reconciles('p', 'root', 'PipelineRun', [60, 1485, 2895, 4485, 5212])),
    fromService('taskrun-reconciler', reconciles('t', 'unit', 'TaskRun', [125, 420, 2875])),
    fromService('my-tests', insideStep),
  ],
};
