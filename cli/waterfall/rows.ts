import type { WaterfallRow } from '../../local/viewer/row.ts';
import type { Waterfall } from '../../local/viewer/waterfall.ts';

/** Spans of one step's programs that are drawn; the rest is only counted. */
const MAX_OTHER_PER_PARENT = 20;

/** A line of the tree: a row of the waterfall, or the number of omitted rows. */
export interface TreeLine {
  row?: WaterfallRow;
  /** For a line without a row: the number of omitted spans. */
  omitted: number;
  /** Whether each level above, the line itself last, is the last child of its parent. Empty for a top row. */
  lastAt: boolean[];
}

/** The rows to draw as a tree, in order. Controller rows are left out unless requested; their children move to the next drawn ancestor. */
export function treeLines(waterfall: Waterfall, options: { controllerSpans: boolean }): TreeLine[] {
  const { rows } = waterfall;
  const isDrawn = (row: WaterfallRow): boolean => options.controllerSpans || row.category !== 'controller';
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
