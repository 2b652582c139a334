import { PIPELINE_RUN_SPAN_CONTEXT } from '../../../shared/tekton/annotations.ts';
import type { PipelineRun } from '../../../shared/tekton/types.ts';
import { parseCarrier } from '../../../shared/tracing/carrier.ts';
import { LIFECYCLE_SERVICE } from '../../../shared/tracing/resource.ts';
import { readTrace } from '../../peers/support/jaeger-trace.ts';
import type { Jaeger } from '../../peers/support/jaeger.ts';
import { TASKS } from '../../../bench/support/three-tasks.ts';
import type { Recorder } from './recorder.ts';

/** What the node's Pods have: a scheduler's and a kubelet's times, the init container that brings the entrypoint, one step. */
const OF_A_TASK = ['pod scheduling', 'pod starting', 'init prepare', 'step only'];

/** The names of the spans that a trace has, and of those that it may have. */
interface Expected {
  names: string[];
  optional: string[];
}

/** The lifecycle spans of a run of `load.ts`, each once. Of a task in `podless` there is its own span, and those of a Pod only if it got one after all. */
function expectedSpans({ metadata: { name } }: PipelineRun, podless: string[]): Expected {
  const tasks = TASKS.flatMap((task) => [`task ${task}`, ...(podless.includes(task) ? [] : OF_A_TASK)]);
  return { names: [`RUN ${name}`, 'admission', 'queued', ...tasks], optional: podless.flatMap(() => OF_A_TASK) };
}

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

/** Takes the first `name` out of `names`. */
function take(names: string[], name: string): boolean {
  const at = names.indexOf(name);
  if (at >= 0) names.splice(at, 1);
  return at >= 0;
}

function nameProblems(expected: Expected, names: string[]): string[] {
  const rest = [...names];
  const missing = expected.names.filter((name) => !take(rest, name));
  expected.optional.forEach((name) => take(rest, name));
  return [...missing.map((name) => `${name} is missing`), ...rest.map((name) => `${name} is too much`)];
}

/** What was accepted of one trace, copy by copy. */
function recordedFindings(expected: Expected, recorder: Recorder, traceId: string): TraceFindings {
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
        expected,
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
async function shownProblems(expected: Expected, jaeger: Jaeger, traceId: string): Promise<string[]> {
  const { shown, warnings } = await readTrace(jaeger, traceId);
  const lifecycle = shown.filter(({ service }) => service === LIFECYCLE_SERVICE);
  return [
    ...nameProblems(
      expected,
      lifecycle.map(({ name }) => name),
    ),
    ...treeProblems(shown),
    ...warnings,
  ].map((problem) => `in Jaeger: ${problem}`);
}

/**
 * Whether each run has one whole trace: all its lifecycle spans, each once, below one root, in what was accepted and in what Jaeger shows.
 * `podless` gives those tasks of a run for which no Pod was started.
 */
export async function checkTraces(
  runs: PipelineRun[],
  { recorder, jaeger }: { recorder: Recorder; jaeger: Jaeger },
  podless: (run: PipelineRun) => string[] = () => [],
): Promise<TraceFindings> {
  const all: TraceFindings = { repeated: 0, lifecycleSpans: 0, spans: 0, problems: [] };
  for (const run of runs) {
    const { name = '', annotations } = run.metadata;
    const traceId = parseCarrier(annotations?.[PIPELINE_RUN_SPAN_CONTEXT])?.traceId ?? '';
    const expected = expectedSpans(run, podless(run));
    const found = recordedFindings(expected, recorder, traceId);
    all.repeated += found.repeated;
    all.lifecycleSpans += found.lifecycleSpans;
    all.spans += found.spans;
    const shown = await shownProblems(expected, jaeger, traceId).catch((error: unknown) => [String(error)]);
    all.problems.push(...[...found.problems, ...shown].map((problem) => `${name}: ${problem}`));
  }
  return all;
}
