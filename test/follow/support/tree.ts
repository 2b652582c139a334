import type { JaegerTrace, ShownSpan, StoredSpan } from '../../peers/support/jaeger-trace.ts';

/** The service of the spans that say what became of a run. */
const LIFECYCLE = 'tekton-pipelines';

/** A lifecycle span with those below it, in the order of their starts. */
export interface SpanNode {
  span: ShownSpan;
  below: SpanNode[];
}

/** What a span says, in one line (see `label`), or that with what the spans below it say, in any order. */
export type Tree = string | { [label: string]: Tree[] };

const isOurs = ({ service }: StoredSpan): boolean => service === LIFECYCLE;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `step fail = failure (Error)!`: the name, the result, the error's type, and a mark where the span's status is Error. */
export function label({ name, tags }: ShownSpan): string {
  const result = text(tags['cicd.pipeline.result'] ?? tags['cicd.pipeline.task.run.result']);
  const type = text(tags['error.type']);
  return `${name}${result && ` = ${result}`}${type && ` (${type})`}${tags['error'] === true ? '!' : ''}`;
}

function nodeOf(span: ShownSpan, all: ShownSpan[]): SpanNode {
  const below = all.filter(({ parentSpanId }) => parentSpanId === span.spanId).sort((a, b) => a.startMs - b.startMs);
  return { span, below: below.map((child) => nodeOf(child, all)) };
}

/** The trees of the lifecycle spans: one, unless spans are missing. */
export function lifecycleNodes({ shown }: JaegerTrace): SpanNode[] {
  const ours = shown.filter(isOurs);
  const ids = new Set(ours.map(({ spanId }) => spanId));
  return ours.filter(({ parentSpanId = '' }) => !ids.has(parentSpanId)).map((root) => nodeOf(root, ours));
}

const sorted = (trees: Tree[]): Tree[] => trees.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** A tree in the order in which two can be compared. */
export function inOrder(tree: Tree): Tree {
  if (typeof tree === 'string') return tree;
  return Object.fromEntries(Object.entries(tree).map(([text, below]) => [text, sorted(below.map(inOrder))]));
}

export function treeOf({ span, below }: SpanNode): Tree {
  return below.length === 0 ? label(span) : { [label(span)]: sorted(below.map(treeOf)) };
}

/** Every span of a tree with those above it, the root first. */
export function* paths(node: SpanNode, above: ShownSpan[] = []): Generator<ShownSpan[]> {
  const path = [...above, node.span];
  yield path;
  for (const child of node.below) yield* paths(child, path);
}

/** The roots that upstream's reconcilers give a trace which they start. */
const STARTED_BY_UPSTREAM = ['PipelineRun:Reconciler', 'TaskRun:Reconciler'];

/**
 * What makes a trace less than whole: roots too many, spans whose parent is not there, spans of ours stored twice, what Jaeger warns of at ours.
 * `startedByUpstream`: upstream's own root is one of the trace's.
 */
export function defects({ shown, stored }: JaegerTrace, startedByUpstream: boolean): string[] {
  const ids = new Set(shown.map(({ spanId }) => spanId));
  const isAllowed = ({ name }: ShownSpan): boolean => startedByUpstream && STARTED_BY_UPSTREAM.includes(name);
  const roots = shown.filter((span) => span.parentSpanId === undefined && !isAllowed(span));
  const orphans = shown.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId));
  const ours = stored.filter(isOurs);
  const doubles = ours.filter(({ spanId }, index) => ours.findIndex((one) => one.spanId === spanId) !== index);
  const warned = [...shown.filter(isOurs), ...ours].flatMap(({ name, warnings }) =>
    warnings.map((text) => `${name}: ${text}`),
  );
  return [
    ...(roots.length === 1 ? [] : [`${roots.length} roots: ${roots.map(({ name }) => name).join(', ')}`]),
    ...orphans.map(({ name, service }) => `orphan: ${name} of ${service}`),
    ...doubles.map(({ name }) => `double: ${name}`),
    ...warned,
  ];
}
