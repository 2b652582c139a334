/** @typedef {import('../../page-view.ts').PageRow} PageRow */
/** @typedef {'auto' | 'tasks' | 'all'} Folding auto: tasks only when there are many */
/**
 * @typedef {object} Folded
 * @property {Folding} folding
 * @property {ReadonlyMap<string, boolean>} turned rows that were opened (true) or folded by hand
 * @property {boolean} waits whether waits and init containers have rows of their own
 */
/**
 * @typedef {object} VisibleRow
 * @property {PageRow} row
 * @property {number} level counted from 1
 * @property {number} position among its siblings, counted from 1
 * @property {number} size number of siblings
 * @property {boolean} expandable
 * @property {boolean} open
 * @property {number} leadMs how long it waited before its first step, in milliseconds; 0 if the waits are shown as rows
 * @property {number} tailMs from the end of its last step or task to its own, in milliseconds; 0 if the waits are shown as rows
 */

const MANY_TASKS = 10;
/** Spans of programs in a step that are shown before it is opened. */
const MANY_CHILDREN = 25;
const LEAD_IN = ['wait', 'init'];
const HAS_WAITS = ['run', 'task', 'attempt'];
const WORK = ['step', 'attempt', 'task', 'custom', 'run'];

/** @param {PageRow[]} rows */
export function childrenOf(rows) {
  const ids = new Set(rows.map(({ id }) => id));
  /** @type {Map<string, PageRow[]>} */
  const children = new Map();
  for (const row of rows) {
    const parent = row.parent !== undefined && ids.has(row.parent) ? row.parent : '';
    const siblings = children.get(parent);
    if (siblings) siblings.push(row);
    else children.set(parent, [row]);
  }
  return children;
}

/** Ids of the rows with a failure of the run below them. @param {PageRow[]} rows */
function withFailure(rows) {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const found = new Set();
  for (const row of rows) {
    if (!row.isOrigin || row.category === 'other' || row.category === 'controller') continue;
    for (let at = byId.get(row.parent ?? ''); at && !found.has(at.id); at = byId.get(at.parent ?? '')) found.add(at.id);
  }
  return found;
}

/**
 * Whether rows are open that nobody turned by hand.
 * @param {PageRow[]} rows
 * @param {Map<string, PageRow[]>} children
 * @param {Folding} folding
 * @returns {(row: PageRow) => boolean}
 */
function openByDefault(rows, children, folding) {
  if (folding === 'all') return () => true;
  const isTask = (/** @type {PageRow} */ { category }) => category === 'task' || category === 'custom';
  if (folding === 'tasks') return (row) => !isTask(row);
  const failed = withFailure(rows);
  const many = rows.filter(isTask).length > MANY_TASKS;
  return (row) =>
    isTask(row)
      ? !many || failed.has(row.id)
      : row.category !== 'step' || (children.get(row.id)?.length ?? 0) <= MANY_CHILDREN;
}

/**
 * The end of the lead-in: the first step's start; without steps the last wait's end.
 * @param {PageRow} row
 * @param {PageRow[]} below
 * @param {(row: PageRow) => number} endOf
 */
function leadOf(row, below, endOf) {
  const waits = below.filter(({ category }) => LEAD_IN.includes(category));
  if (waits.length === 0) return 0;
  const first = below.find(({ category, result }) => category === 'step' && result !== 'skip');
  const until = first ? first.offsetMs : Math.max(...waits.map(endOf));
  return Math.max(0, until - row.offsetMs);
}

/**
 * What comes after the last step, or the last task of a run: the controllers had yet to end it.
 * @param {PageRow} row
 * @param {PageRow[]} below
 * @param {(row: PageRow) => number} endOf
 */
export function tailOf(row, below, endOf) {
  const work = below.filter(({ category, result }) => WORK.includes(category) && result !== 'skip');
  if (row.isRunning || work.length === 0) return 0;
  return Math.max(0, endOf(row) - Math.max(row.offsetMs, ...work.map(endOf)));
}

/**
 * Which rows show, with their place in the tree. Waits and init containers are part of the row above them, unless one of them failed, or `waits` asks for them.
 * @param {PageRow[]} rows
 * @param {Folded} folded
 * @param {(row: PageRow) => number} endOf milliseconds after the trace's start
 * @returns {VisibleRow[]}
 */
export function visibleRows(rows, { folding, turned, waits }, endOf) {
  const all = childrenOf(rows);
  const isOpen = openByDefault(rows, all, folding);
  const shown = (/** @type {string} */ id) =>
    (all.get(id) ?? []).filter((row) => waits || row.isOrigin || !LEAD_IN.includes(row.category));
  /** @type {VisibleRow[]} */
  const visible = [];
  /** @type {{row: PageRow, level: number, position: number, size: number}[]} */
  const stack = [];
  const push = (/** @type {PageRow[]} */ siblings, /** @type {number} */ level) => {
    for (let index = siblings.length - 1; index >= 0; index -= 1) {
      const row = siblings[index];
      if (row) stack.push({ row, level, position: index + 1, size: siblings.length });
    }
  };
  push(shown(''), 1);
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { row, level } = next;
    const below = shown(row.id);
    const open = turned.get(row.id) ?? isOpen(row);
    // A folded row has no rows below it that show its waits.
    const hasWaits = HAS_WAITS.includes(row.category) && !(waits && open);
    const ofRow = all.get(row.id) ?? [];
    const leadMs = hasWaits ? leadOf(row, ofRow, endOf) : 0;
    const tailMs = hasWaits ? tailOf(row, ofRow, endOf) : 0;
    visible.push({ ...next, expandable: below.length > 0, open, leadMs, tailMs });
    if (open) push(below, level + 1);
  }
  return visible;
}
