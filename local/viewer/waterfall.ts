import { locateSpans, valueText } from '../../shared/otlp/spans.ts';
import { SPAN_KIND, type KeyValue, type TracesData } from '../../shared/otlp/types.ts';
import { categoryOf, problemOf, resultOf, type Category, type Result } from './classify.ts';
import { formatDuration } from './duration.ts';
import { buildTree, type SpanNode } from './tree.ts';

export type TextPairs = [key: string, value: string][];

/** One line of the waterfall. Times are milliseconds after the trace's start. */
export interface WaterfallRow {
  /** Unique in the trace: the span id, with a suffix for a second span of that id. */
  id: string;
  /** Index of the row above in the tree, -1 at the top. */
  parent: number;
  depth: number;
  name: string;
  category: Category;
  result: Result;
  offsetMs: number;
  durationMs: number;
  durationText: string;
  problem?: string;
  /** The problem began here: no span below has one that explains it. */
  isOrigin: boolean;
  /** What is odd about the span itself: parent missing, id used twice. */
  warnings: string[];
  spanId: string;
  parentSpanId?: string;
  service: string;
  scope: string;
  kind: string;
  status: { code: string; message?: string };
  attributes: TextPairs;
  resource: TextPairs;
  events: { name: string; offsetMs: number; attributes: TextPairs }[];
  links: { traceId: string; spanId: string; attributes: TextPairs }[];
}

export interface Waterfall {
  traceId: string;
  /** The root's name, or what is known of it while the root has not arrived. */
  title: string;
  /** The run's own name (`metadata.name`), where a span says it. */
  runName?: string;
  namespace?: string;
  result: Result;
  startUnixMs: number;
  durationMs: number;
  durationText: string;
  /** False while the run's root span has not arrived. */
  finished: boolean;
  rows: WaterfallRow[];
  spanCount: number;
  controller: { count: number; errors: number; totalMs: number };
}

const kindNames = Object.fromEntries(Object.entries(SPAN_KIND).map(([name, kind]) => [kind, name]));
const statusNames = ['unset', 'ok', 'error'];
const RUN_ATTRIBUTES = ['pipelinerun', 'taskrun'];

const pairs = (attributes: KeyValue[]): TextPairs => attributes.map(({ key, value }) => [key, valueText(value)]);
const msBetween = (from: bigint, to: bigint): number => Number(to - from) / 1e6;
const endOf = ({ span }: SpanNode['located']): bigint => {
  const [start, end] = [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)];
  return end < start ? start : end;
};
const isRun = (node: SpanNode): boolean => categoryOf(node.located) === 'run';

interface Drawing {
  start: bigint;
  rows: WaterfallRow[];
}

function addRow(drawing: Drawing, node: SpanNode, parent: number): void {
  const { located } = node;
  const { span, resource, scope, serviceName } = located;
  const start = BigInt(span.startTimeUnixNano);
  const durationMs = msBetween(start, endOf(located));
  const problem = problemOf(located);
  const index = drawing.rows.length;
  drawing.rows.push({
    id: node.duplicate ? `${span.spanId}-${index}` : span.spanId,
    parent,
    depth: parent < 0 ? 0 : (drawing.rows[parent]?.depth ?? 0) + 1,
    name: span.name,
    category: categoryOf(located),
    result: resultOf(located),
    offsetMs: msBetween(drawing.start, start),
    durationMs,
    durationText: formatDuration(durationMs),
    ...(problem !== undefined && { problem }),
    isOrigin: problem !== undefined,
    warnings: [
      ...(node.parentMissing ? [`its parent ${span.parentSpanId ?? ''} is not in the trace`] : []),
      ...(node.duplicate ? ['another span has the same id and other content'] : []),
    ],
    spanId: span.spanId,
    ...(span.parentSpanId !== undefined && { parentSpanId: span.parentSpanId }),
    service: serviceName,
    scope: [scope.name, scope.version].filter(Boolean).join(' '),
    kind: kindNames[span.kind] ?? String(span.kind),
    status: {
      code: statusNames[span.status.code] ?? String(span.status.code),
      ...(span.status.message !== undefined && { message: span.status.message }),
    },
    attributes: pairs(span.attributes),
    resource: pairs(resource.attributes),
    events: span.events.map((event) => ({
      name: event.name,
      offsetMs: msBetween(drawing.start, BigInt(event.timeUnixNano)),
      attributes: pairs(event.attributes),
    })),
    links: span.links.map(({ traceId, spanId, attributes }) => ({ traceId, spanId, attributes: pairs(attributes) })),
  });
}

function addTree(drawing: Drawing, top: SpanNode[], parent: number): void {
  const stack = top.toReversed().map((node) => ({ node, parent }));
  for (let next = stack.pop(); next; next = stack.pop()) {
    const index = drawing.rows.length;
    addRow(drawing, next.node, next.parent);
    stack.push(...next.node.children.toReversed().map((node) => ({ node, parent: index })));
  }
}

/** Stands for the root until it arrives: as long as what is known of the run, and without a span of its own. */
function placeholder(durationMs: number): WaterfallRow {
  return {
    id: 'running',
    parent: -1,
    depth: 0,
    name: 'running…',
    category: 'placeholder',
    result: 'running',
    offsetMs: 0,
    durationMs,
    durationText: formatDuration(durationMs),
    isOrigin: false,
    warnings: ['the span of the run itself arrives when the run has ended'],
    spanId: '',
    service: '',
    scope: '',
    kind: '',
    status: { code: 'unset' },
    attributes: [],
    resource: [],
    events: [],
    links: [],
  };
}

/** Orphans belong below the run's root where it is known, else below a placeholder for it. A run whose own parent is elsewhere is a root. */
function addRows(drawing: Drawing, roots: SpanNode[], orphans: SpanNode[], durationMs: number): void {
  const ofARun = [...roots, ...orphans].some((node) => categoryOf(node.located) !== 'other');
  const main = roots.find(isRun) ?? (ofARun ? undefined : roots[0]);
  if (orphans.length === 0 || main) {
    for (const root of roots) {
      const index = drawing.rows.length;
      addTree(drawing, [root], -1);
      if (root === main) addTree(drawing, orphans, index);
    }
    return;
  }
  addTree(drawing, roots, -1);
  drawing.rows.push(placeholder(durationMs));
  addTree(drawing, orphans, drawing.rows.length - 1);
}

/** A failed step explains its task and the run. A failing controller function explains only the functions around it. */
function clearExplained(rows: WaterfallRow[]): void {
  for (const row of rows.filter(({ isOrigin }) => isOrigin)) {
    for (let above = rows[row.parent]; above; above = rows[above.parent]) {
      if (row.category === 'controller' && above.category !== 'controller') break;
      above.isOrigin = false;
    }
  }
}

/**
 * Runs whose parent is somebody else's span, which is no part of the trace here. A run below a run is none of these: what else the outer
 * run has (its waits, tasks, reconciles) misses the same parent.
 */
function joinedRuns(orphans: SpanNode[]): SpanNode[] {
  const ofARun = orphans.filter((node) => !isRun(node) && categoryOf(node.located) !== 'other');
  const awaited = new Set(ofARun.map((node) => node.located.span.parentSpanId));
  return orphans.filter((node) => isRun(node) && !awaited.has(node.located.span.parentSpanId));
}

/** The rows that tell most of the run itself first: its root, then what is directly below, other runs after that. */
function nearestFirst(rows: WaterfallRow[], root: WaterfallRow | undefined): WaterfallRow[] {
  const distance = (row: WaterfallRow): number => (row === root ? -1 : row.depth + (row.category === 'run' ? 0.5 : 0));
  return rows.toSorted((a, b) => distance(a) - distance(b));
}

function controllerTotals(rows: WaterfallRow[]): Waterfall['controller'] {
  const all = rows.filter((row) => row.category === 'controller');
  const outermost = all.filter((row) => rows[row.parent]?.category !== 'controller');
  return {
    count: all.length,
    errors: all.filter((row) => row.status.code === 'error').length,
    totalMs: outermost.reduce((sum, row) => sum + row.durationMs, 0),
  };
}

/**
 * One trace as the rows of a waterfall, for the page and for the terminal. Pure: the same document gives the same rows.
 * @param traces all spans of one trace, in any order, complete or not.
 */
export function buildWaterfall(traceId: string, traces: TracesData): Waterfall {
  const spans = locateSpans(traces);
  const tree = buildTree(spans);
  const joined = joinedRuns(tree.orphans);
  const roots = [...tree.roots, ...joined];
  const orphans = tree.orphans.filter((node) => !joined.includes(node));
  const times = spans.flatMap((located) => [BigInt(located.span.startTimeUnixNano), endOf(located)]);
  const start = times.reduce((a, b) => (b < a ? b : a), times[0] ?? 0n);
  const end = times.reduce((a, b) => (b > a ? b : a), times[0] ?? 0n);
  const drawing: Drawing = { start, rows: [] };
  addRows(drawing, roots, orphans, msBetween(start, end));
  const { rows } = drawing;
  clearExplained(rows);
  const waiting = rows.find((row) => row.category === 'placeholder');
  const root = waiting ?? rows.find((row) => row.category === 'run') ?? rows[0];
  const finished = waiting === undefined;
  const nearest = nearestFirst(rows, root);
  const find = (key: string): string | undefined =>
    nearest.flatMap((row) => row.attributes).find(([name]) => name === key)?.[1];
  const runName = RUN_ATTRIBUTES.map(find).find((value) => value !== undefined);
  const namespace = find('namespace') ?? find('k8s.namespace.name');
  const durationMs = finished && root ? root.durationMs : msBetween(start, end);
  return {
    traceId,
    title: finished && root ? root.name : (runName ?? `trace ${traceId.slice(0, 8)}`),
    ...(runName !== undefined && { runName }),
    ...(namespace !== undefined && { namespace }),
    result: finished && root ? root.result : 'running',
    startUnixMs: Number(start / 1_000_000n),
    durationMs,
    durationText: formatDuration(durationMs),
    finished,
    rows,
    spanCount: spans.length,
    controller: controllerTotals(rows),
  };
}
