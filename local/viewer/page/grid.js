import { h, resultOf } from './dom.js';
import { axisTicks } from './ticks.js';

/** @typedef {import('../row.ts').WaterfallRow} Row */
/** @typedef {import('../waterfall.ts').Waterfall} Waterfall */
/** @typedef {{row: Row, level: number, position: number, size: number, expandable: boolean}} VisibleRow */

/**
 * Which rows show, with their place in the tree: controllers' rows only when asked for, nothing below a collapsed row.
 * @param {Row[]} rows
 * @param {Set<string>} collapsed ids of rows
 * @param {boolean} withControllers
 * @returns {VisibleRow[]}
 */
export function visibleRows(rows, collapsed, withControllers) {
  const drawn = (/** @type {Row} */ row) => withControllers || row.category !== 'controller';
  /** @type {Map<Row | undefined, Row[]>} */
  const children = new Map();
  for (const row of rows) {
    if (!drawn(row)) continue;
    let parent = rows[row.parent];
    while (parent && !drawn(parent)) parent = rows[parent.parent];
    const siblings = children.get(parent) ?? [];
    siblings.push(row);
    children.set(parent, siblings);
  }
  /** @type {VisibleRow[]} */
  const visible = [];
  /** @type {{row: Row, level: number, position: number, size: number}[]} */
  const stack = [];
  const push = (/** @type {Row | undefined} */ parent, /** @type {number} */ level) => {
    const all = children.get(parent) ?? [];
    for (let index = all.length - 1; index >= 0; index -= 1) {
      const row = all[index];
      if (row) stack.push({ row, level, position: index + 1, size: all.length });
    }
  };
  push(undefined, 1);
  for (let next = stack.pop(); next; next = stack.pop()) {
    visible.push({ ...next, expandable: children.has(next.row) });
    if (!collapsed.has(next.row.id)) push(next.row, next.level + 1);
  }
  return visible;
}

/**
 * One line of the grid; `update` redraws it without replacing it, so that focus and scroll position stay.
 * @param {string} id
 */
function createLine(id) {
  const twist = h('span', { class: 'twist', 'aria-hidden': 'true' });
  const mark = h('span', { class: 'mark', 'aria-hidden': 'true' });
  const name = h('span', { class: 'label' });
  const problem = h('span', { class: 'why' });
  const apart = h('span', { class: 'apart' });
  const outcome = h('span', { class: 'visually-hidden' });
  const duration = h('div', { role: 'gridcell', class: 'duration' });
  const bar = h('div', { class: 'bar' });
  const nameCell = h('div', { role: 'gridcell', class: 'name' }, twist, mark, name, outcome, apart, problem);
  const timeline = h('div', { role: 'gridcell', class: 'timeline', 'aria-hidden': 'true' }, bar);
  const element = h('div', { role: 'row', class: 'row', 'data-id': id, tabindex: '-1' }, nameCell, duration, timeline);
  /** @type {unknown[]} */
  let drawn = [];
  /**
   * @param {VisibleRow} visible
   * @param {{totalMs: number, expanded: boolean, selected: boolean}} state
   */
  const update = ({ row, level, position, size, expandable }, { totalMs, expanded, selected }) => {
    const now = [row, level, position, size, expandable, totalMs, expanded, selected];
    if (now.every((value, index) => value === drawn[index])) return;
    drawn = now;
    const { mark: sign, label } = resultOf(row.result);
    const attributes = {
      'aria-level': level,
      'aria-posinset': position,
      'aria-setsize': size,
      'aria-selected': selected,
      'data-category': row.category,
      'data-result': row.result,
    };
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    if (expandable) element.setAttribute('aria-expanded', String(expanded));
    else element.removeAttribute('aria-expanded');
    element.style.setProperty('--level', String(level - 1));
    name.textContent = row.name || '(no name)';
    element.title = [row.name, row.problem].filter(Boolean).join('\n');
    mark.textContent = row.result === 'success' ? '' : sign;
    outcome.textContent = label ? `, ${label}` : '';
    problem.textContent = row.isOrigin ? (row.problem ?? '') : '';
    apart.textContent = row.apart ?? '';
    duration.textContent = row.result === 'skip' ? 'skipped' : row.category === 'placeholder' ? '' : row.durationText;
    const scale = totalMs > 0 ? 100 / totalMs : 0;
    bar.style.left = `${Math.min(100, row.offsetMs * scale)}%`;
    bar.style.width = `${Math.min(100 - row.offsetMs * scale, row.durationMs * scale)}%`;
  };
  return { element, update };
}

/**
 * The waterfall: a treegrid that keeps its lines from one drawing to the next.
 * @param {{onSelect: (id: string) => void, onToggle: (id: string) => void}} actions
 */
export function createGrid({ onSelect, onToggle }) {
  /** @type {Map<string, ReturnType<typeof createLine>>} */
  let lines = new Map();
  /** @type {VisibleRow[]} */
  let visible = [];
  let focused = '';
  let totalMs = 0;
  const axis = h('div', { class: 'timeline axis', 'aria-hidden': 'true' });
  const head = h(
    'div',
    { role: 'row', class: 'row head' },
    h('div', { role: 'columnheader', class: 'name' }, 'Span'),
    h('div', { role: 'columnheader', class: 'duration' }, 'Duration'),
    axis,
  );
  const body = h('div', { role: 'rowgroup', class: 'rows' });
  const element = h(
    'div',
    { role: 'treegrid', class: 'grid', 'aria-label': 'Spans of the run' },
    h('div', { role: 'rowgroup', class: 'heads' }, head),
    body,
  );

  const drawAxis = () => {
    const { stepMs, ticks } = axisTicks(totalMs, axis.clientWidth);
    element.style.setProperty('--tick', totalMs > 0 ? `${(stepMs / totalMs) * 100}%` : '100%');
    const at = (/** @type {number} */ ms) => (totalMs > 0 ? (ms / totalMs) * 100 : 0);
    axis.replaceChildren(
      ...ticks.map(({ ms, label }) => {
        const tick = h('span', { class: at(ms) > 92 ? 'tick end' : 'tick' }, label);
        tick.style.left = `${at(ms)}%`;
        return tick;
      }),
    );
  };
  new ResizeObserver(drawAxis).observe(axis);

  const setFocused = (/** @type {string} */ id) => {
    lines.get(focused)?.element.setAttribute('tabindex', '-1');
    focused = id;
    lines.get(focused)?.element.setAttribute('tabindex', '0');
  };
  const focus = (/** @type {string | undefined} */ id) => {
    if (id === undefined) return;
    setFocused(id);
    lines.get(id)?.element.focus();
  };
  const idOf = (/** @type {any} */ target) => target.closest('.row[data-id]')?.dataset.id;

  body.addEventListener('click', (event) => {
    const id = idOf(event.target);
    if (id === undefined) return;
    focus(id);
    if (event.target instanceof Element && event.target.closest('.twist')) onToggle(id);
    else onSelect(id);
  });
  body.addEventListener('focusin', (event) => {
    const id = idOf(event.target);
    if (id !== undefined) setFocused(id);
  });
  body.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const index = visible.findIndex(({ row }) => row.id === focused);
    const current = visible[index];
    if (!current) return;
    const isOpen = lines.get(focused)?.element.getAttribute('aria-expanded') === 'true';
    const parent = visible.slice(0, index).findLast(({ level }) => level < current.level);
    const page = Math.max(1, Math.floor(window.innerHeight / 2 / 28));
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => focus(visible[index + 1]?.row.id),
      ArrowUp: () => focus(visible[index - 1]?.row.id),
      PageDown: () => focus(visible[Math.min(index + page, visible.length - 1)]?.row.id),
      PageUp: () => focus(visible[Math.max(index - page, 0)]?.row.id),
      Home: () => focus(visible[0]?.row.id),
      End: () => focus(visible.at(-1)?.row.id),
      ArrowRight: () =>
        current.expandable && !isOpen ? onToggle(focused) : isOpen && focus(visible[index + 1]?.row.id),
      ArrowLeft: () => (isOpen ? onToggle(focused) : focus(parent?.row.id)),
      Enter: () => onSelect(focused),
      ' ': () => onSelect(focused),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  return {
    element,
    focus: () => focus(focused),
    /** @param {string} id */
    reveal: (id) => lines.get(id)?.element.scrollIntoView({ block: 'nearest' }),
    /**
     * @param {VisibleRow[]} rows
     * @param {{totalMs: number, collapsed: Set<string>, selected: string | undefined}} state
     */
    draw(rows, state) {
      visible = rows;
      totalMs = state.totalMs;
      const next = new Map(rows.map(({ row }) => [row.id, lines.get(row.id) ?? createLine(row.id)]));
      for (const item of rows) {
        const expanded = !state.collapsed.has(item.row.id);
        next.get(item.row.id)?.update(item, { totalMs, expanded, selected: item.row.id === state.selected });
      }
      for (const [id, line] of lines) if (!next.has(id)) line.element.remove();
      let at = body.firstElementChild;
      for (const { element: line } of next.values()) {
        if (line === at) at = at.nextElementSibling;
        else body.insertBefore(line, at);
      }
      lines = next;
      setFocused(lines.has(focused) ? focused : (rows[0]?.row.id ?? ''));
      drawAxis();
    },
  };
}
