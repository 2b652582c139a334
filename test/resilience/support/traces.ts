import { PIPELINE_RUN_SPAN_CONTEXT } from '../../../shared/tekton/annotations.ts';
import type { PipelineRun } from '../../../shared/tekton/types.ts';
import { parseCarrier } from '../../../shared/tracing/carrier.ts';
import { LIFECYCLE_SERVICE } from '../../../shared/tracing/resource.ts';
import { readTrace } from '../../peers/support/jaeger-trace.ts';
import type { Jaeger } from '../../peers/support/jaeger.ts';
import { TASKS } from './load.ts';
import type { Recorder } from './recorder.ts';

/** What the node's Pods have: a scheduler's and a kubelet's times, the init container that brings the entrypoint, one step. */
const OF_A_TASK = ['pod scheduling', 'pod starting', 'init prepare', 'step only'];

/** The lifecycle spans of a run of `load.ts`, each once. */
const expectedSpans = (run: string): string[] =>
  [`RUN ${run}`, 'admission', 'queued', ...TASKS.flatMap((task) => [`task ${task}`, ...OF_A_TASK])].sort();

export interface TraceFindings {
  /** Spans that were accepted more than once, byte for byte the same. */
  repeated: number;
  lifecycleSpans: number;
  spans: number;
  /** What is wrong, as sentences. */
  problems: string[];
}

interface Node {
  name: string;
  spanId: string;
  parentSpanId: string | undefined;
}

function treeProblems(nodes: Node[]): string[] {
  const ids = new Set(nodes.map(({ spanId }) => spanId));
  const roots = nodes.filter(({ parentSpanId }) => parentSpanId === undefined);
  const orphans = nodes.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId));
  return [
    ...(roots.length === 1 ? [] : [`${roots.length} roots: ${roots.map(({ name }) => name).join(', ')}`]),
    ...orphans.map(({ name }) => `${name} is an orphan`),
  ];
}

function nameProblems(run: string, names: string[]): string[] {
  const rest = [...names];
  const missing = expectedSpans(run).filter((name) => {
    const at = rest.indexOf(name);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return [...missing.map((name) => `${name} is missing`), ...rest.map((name) => `${name} is too much`)];
}

/** What was accepted of one trace, copy by copy. */
function recordedFindings(run: string, recorder: Recorder, traceId: string): TraceFindings {
  const recorded = recorder.traces.get(traceId) ?? [];
  const texts = new Map<string, Set<string>>();
  for (const { span, text } of recorded) texts.set(span.spanId, (texts.get(span.spanId) ?? new Set()).add(text));
  const first = [...new Map(recorded.map((each) => [each.span.spanId, each])).values()];
  const lifecycle = first.filter(({ service }) => service === LIFECYCLE_SERVICE);
  const differing = first.filter(({ span }) => (texts.get(span.spanId)?.size ?? 0) > 1);
  return {
    repeated: recorded.length - first.length,
    lifecycleSpans: lifecycle.length,
    spans: first.length,
    problems: [
      ...nameProblems(
        run,
        lifecycle.map(({ span }) => span.name),
      ),
      ...treeProblems(first.map(({ span: { name, spanId, parentSpanId } }) => ({ name, spanId, parentSpanId }))),
      ...differing.map(
        ({ span }) => `${span.name} was sent twice, differently: ${[...(texts.get(span.spanId) ?? [])].join(' | ')}`,
      ),
    ],
  };
}

/** What Jaeger's page shows of it (`/api/traces`). */
async function shownProblems(run: string, jaeger: Jaeger, traceId: string): Promise<string[]> {
  const { shown, warnings } = await readTrace(jaeger, traceId);
  const lifecycle = shown.filter(({ service }) => service === LIFECYCLE_SERVICE);
  return [
    ...nameProblems(
      run,
      lifecycle.map(({ name }) => name),
    ),
    ...treeProblems(shown),
    ...warnings,
  ].map((problem) => `in Jaeger: ${problem}`);
}

/** Whether each run has one whole trace: all its lifecycle spans, each once, below one root, in what was accepted and in what Jaeger shows. */
export async function checkTraces(runs: PipelineRun[], recorder: Recorder, jaeger: Jaeger): Promise<TraceFindings> {
  const all: TraceFindings = { repeated: 0, lifecycleSpans: 0, spans: 0, problems: [] };
  for (const { metadata } of runs) {
    const name = metadata.name ?? '';
    const traceId = parseCarrier(metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT])?.traceId ?? '';
    const found = recordedFindings(name, recorder, traceId);
    all.repeated += found.repeated;
    all.lifecycleSpans += found.lifecycleSpans;
    all.spans += found.spans;
    const shown = await shownProblems(name, jaeger, traceId).catch((error: unknown) => [String(error)]);
    all.problems.push(...[...found.problems, ...shown].map((problem) => `${name}: ${problem}`));
  }
  return all;
}
