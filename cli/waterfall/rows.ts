import type { WaterfallRow } from '../../local/viewer/row.ts';
import type { Waterfall } from '../../local/viewer/waterfall.ts';

/** Spans of one step's programs that are drawn; the rest is only counted. */
const MAX_OTHER_PER_PARENT = 20;

/** A line of the tree: a row of the waterfall, or the number of omitted rows. */
export interface TreeLine {
  row?: WaterfallRow;
  /** For a line without a row: the number of omitted spans. */
  omitted: number;
  /** The steps below are not drawn. */
  folded?: {
    /** How long the task waited for its first step, in milliseconds. */
    leadMs: number;
  };
  /** Whether each level above, the line itself last, is the last child of its parent. Empty for a top row. */
  lastAt: boolean[];
}

/** Up to this number of tasks their steps are drawn without being asked for. */
const MAX_UNFOLDED_TASKS = 10;

/** Whether it is a task that was executed. */
export const isTask = ({ category, result }: WaterfallRow): boolean =>
  result !== 'skip' && (category === 'task' || category === 'custom');

/** The rows that stay when tasks are folded: runs with their waits, tasks, and the failures with what is above them. */
function unfoldedRows(rows: WaterfallRow[]): Set<WaterfallRow> {
  const kept = new Set(
    rows.filter((row) => ['run', 'task', 'custom', 'placeholder', 'controller'].includes(row.category)),
  );
  for (const row of rows) {
    const parent = rows[row.parent];
    const isOfRun = row.category === 'wait' && parent !== undefined && ['run', 'placeholder'].includes(parent.category);
    if (isOfRun) kept.add(row);
    if (!row.isOrigin || row.category === 'other') continue;
    for (let above: WaterfallRow | undefined = row; above; above = rows[above.parent]) kept.add(above);
  }
  return kept;
}

/** How long each task waited for its first step, in milliseconds. */
function leads(rows: WaterfallRow[]): Map<WaterfallRow, number> {
  const found = new Map<WaterfallRow, number>();
  for (const step of rows.filter(({ category }) => category === 'step')) {
    let above = rows[step.parent];
    while (above && !isTask(above)) above = rows[above.parent];
    if (above) found.set(above, Math.min(found.get(above) ?? Infinity, step.offsetMs - above.offsetMs));
  }
  return found;
}

/** Whether the steps of the tasks are folded away, unless that is refused: a run of sixty tasks has hundreds of rows. */
export const isFolded = ({ rows }: Waterfall): boolean => rows.filter(isTask).length > MAX_UNFOLDED_TASKS;

export interface TreeOptions {
  /** Draw the controllers' rows. Without them their children move to the next drawn ancestor. */
  controllerSpans: boolean;
  /** Draw the steps, however many tasks there are. */
  full: boolean;
}

/** The rows to draw as a tree, in order. */
export function treeLines(waterfall: Waterfall, options: TreeOptions): TreeLine[] {
  const { rows } = waterfall;
  const folded = !options.full && isFolded(waterfall) ? unfoldedRows(rows) : undefined;
  const leadOf = folded ? leads(rows) : new Map<WaterfallRow, number>();
  const isDrawn = (row: WaterfallRow): boolean =>
    (options.controllerSpans || row.category !== 'controller') && (folded?.has(row) ?? true);
  const drawnParent = (row: WaterfallRow): WaterfallRow | undefined => {
    let parent = rows[row.parent];
    while (parent && !isDrawn(parent)) parent = rows[parent.parent];
    return parent;
  };
  const children = new Map<WaterfallRow | undefined, WaterfallRow[]>();
  for (const row of rows.filter(isDrawn)) {
    const parent = drawnParent(row);
    const siblings = children.get(parent) ?? [];
    siblings.push(row);
    children.set(parent, siblings);
  }
  const lines: TreeLine[] = [];
  const stack: TreeLine[] = [];
  const pushChildren = (parent: WaterfallRow | undefined, lastAt: boolean[]): void => {
    const all = children.get(parent) ?? [];
    const others = all.filter((row) => row.category === 'other');
    const left = new Set(others.slice(MAX_OTHER_PER_PARENT));
    const shown = all.filter((row) => !left.has(row));
    const below: TreeLine[] = shown.map((row, index) => ({
      row,
      omitted: 0,
      ...(leadOf.has(row) && !children.has(row) && { folded: { leadMs: leadOf.get(row) ?? 0 } }),
      lastAt: parent ? [...lastAt, index === shown.length - 1 && left.size === 0] : [],
    }));
    if (left.size > 0) below.push({ omitted: left.size, lastAt: parent ? [...lastAt, true] : [] });
    for (const line of below.toReversed()) stack.push(line);
  };
  pushChildren(undefined, []);
  for (let line = stack.pop(); line; line = stack.pop()) {
    lines.push(line);
    if (line.row) pushChildren(line.row, line.lastAt);
  }
  return lines;
}
