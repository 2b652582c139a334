import { locateSpans } from '../../shared/otlp/spans.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { printableUpTo } from '../../shared/text/printable.ts';
import { notYetArrived } from './live/live-spans.ts';
import type { LiveSpan } from './live/live-span.ts';
import { boundsOf } from './bounds.ts';
import { categoryOf, type Category, type Result } from './classify.ts';
import { formatDuration } from './duration.ts';
import { omittedBelow } from './functions.ts';
import { outcomeOf } from './outcome.ts';
import { msBetween, placeholderRow, rowOf, type Bounds, type WaterfallRow } from './row.ts';
import { buildTree, type SpanNode } from './tree.ts';

export interface Waterfall {
  traceId: string;
  /** The root's name, or a substitute before the root arrives. */
  title: string;
  /** The run's name (`metadata.name`), if a span has it. */
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
  /** The spans of controllers: all, those with an error, and the reconciles: their number and time, and the spans that were left out below them. */
  controller: { count: number; errors: number; reconciles: number; totalMs: number; omitted: number };
}

/** Kubernetes' names are not longer. */
const MAX_OBJECT_NAME = 253;

const RUN_ATTRIBUTES = ['pipelinerun', 'taskrun'];

const isRun = (node: SpanNode): boolean => categoryOf(node.located) === 'run';

interface Drawing {
  bounds: Bounds;
  rows: WaterfallRow[];
}

function addTree(drawing: Drawing, top: SpanNode[], parent?: number): void {
  const stack = top.map((node) => ({ node, parent })).reverse();
  for (let next = stack.pop(); next; next = stack.pop()) {
    const index = drawing.rows.length;
    const above = next.parent === undefined ? undefined : drawing.rows[next.parent];
    drawing.rows.push(
      rowOf(next.node, drawing.bounds, index, above && { index: next.parent ?? -1, depth: above.depth }),
    );
    for (const node of next.node.children.toReversed()) stack.push({ node, parent: index });
  }
}

/**
 * Orphans are below the run's root if known, else below a placeholder. A run whose parent is in another system is a root. In a trace of no run, whose first
 * span is not here, nothing is awaited.
 */
function addRows(drawing: Drawing, roots: SpanNode[], orphans: SpanNode[], durationMs: number): void {
  const ofARun = [...roots, ...orphans].some((node) => node.sender ?? categoryOf(node.located) !== 'other');
  const main = roots.find(isRun) ?? (ofARun ? undefined : (roots[0] ?? orphans[0]));
  if (main && roots.length === 0) {
    addTree(drawing, orphans);
    return;
  }
  if (orphans.length === 0 || main) {
    for (const root of roots) {
      const index = drawing.rows.length;
      addTree(drawing, [root]);
      if (root === main) addTree(drawing, orphans, index);
    }
    return;
  }
  addTree(drawing, roots);
  drawing.rows.push(placeholderRow(durationMs));
  addTree(drawing, orphans, drawing.rows.length - 1);
}

/** Before the run's end its spans come before their parents': none of its own is missing yet. */
function awaitParents(orphans: SpanNode[]): void {
  for (const node of orphans) if (!node.sender && categoryOf(node.located) !== 'other') node.parentMissing = false;
}

/** Spans of controllers' functions and of programs in steps only explain problems of their own kind. */
const EXPLAINS_ITS_LIKE: readonly Category[] = ['controller', 'other'];

/** A failed step explains its task and the run. */
function clearExplained(rows: WaterfallRow[]): void {
  for (const row of rows.filter(({ isOrigin }) => isOrigin)) {
    for (let above = rows[row.parent]; above; above = rows[above.parent]) {
      if (EXPLAINS_ITS_LIKE.includes(row.category) && above.category !== row.category) break;
      above.isOrigin = false;
    }
  }
}

/**
 * Runs with an external parent span, which is not in this trace. A run below a run is none of these: the outer run's waits, tasks and
 * reconciles miss the same parent.
 */
function joinedRuns(orphans: SpanNode[]): Set<SpanNode> {
  const ofARun = orphans.filter((node) => !isRun(node) && categoryOf(node.located) !== 'other');
  const awaited = new Set(ofARun.map((node) => node.located.span.parentSpanId));
  return new Set(orphans.filter((node) => isRun(node) && !awaited.has(node.located.span.parentSpanId)));
}

/** The most relevant rows first: the run's root, its direct children, then other runs. */
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
    reconciles: outermost.length,
    totalMs: outermost.reduce((sum, row) => sum + row.durationMs, 0),
    omitted: all.reduce((sum, row) => sum + omittedBelow(row), 0),
  };
}

/**
 * One trace as the rows of a waterfall, for the page and for the terminal. Pure: the same document gives the same rows.
 * @param traces all spans of one trace, in any order, complete or not.
 * @param live what API objects show of a run that has not ended (`liveSpans`)
 */
export function buildWaterfall(traceId: string, traces: TracesData, live: LiveSpan[] = []): Waterfall {
  const located = locateSpans(traces);
  const arrived = new Set(live.length === 0 ? [] : located.map(({ span }) => span.spanId));
  const tree = buildTree([...located, ...notYetArrived(live, arrived)]);
  const joined = joinedRuns(tree.orphans);
  const roots = [...tree.roots, ...joined];
  const orphans = tree.orphans.filter((node) => !joined.has(node));
  const bounds = boundsOf(tree.nodes);
  const drawing: Drawing = { bounds, rows: [] };
  if (!roots.some((node) => isRun(node) && !node.isRunning)) awaitParents(orphans);
  addRows(drawing, roots, orphans, msBetween(bounds.start, bounds.end));
  const { rows } = drawing;
  clearExplained(rows);
  const { root, title, result, finished, durationMs } = outcomeOf(rows, msBetween(bounds.start, bounds.end));
  const nearest = nearestFirst(rows, root);
  const find = (key: string): string | undefined =>
    nearest
      .flatMap((row) => (row.fromStep ? [] : row.attributes))
      .filter(([name]) => name === key)
      .map(([, value]) => printableUpTo(value, MAX_OBJECT_NAME))
      .find((value) => value !== '');
  const runName = RUN_ATTRIBUTES.map(find).find((value) => value !== undefined);
  const namespace = find('namespace') ?? find('k8s.namespace.name');
  return {
    traceId,
    title: title ?? runName ?? `trace ${traceId.slice(0, 8)}`,
    ...(runName !== undefined && { runName }),
    ...(namespace !== undefined && { namespace }),
    result,
    startUnixMs: Number(bounds.start / 1_000_000n),
    durationMs,
    durationText: formatDuration(durationMs),
    finished,
    rows,
    spanCount: located.length,
    controller: controllerTotals(rows),
  };
}
