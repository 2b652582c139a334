import { createAxis } from './axis.js';
import { h } from '../dom.js';
import { gridKeys } from './grid-keys.js';
import { createLine, ROW_PX } from './line.js';

/** @typedef {import('../trace/visible.js').VisibleRow} VisibleRow */
/**
 * @typedef {object} GridState
 * @property {import('./range.js').Range} range
 * @property {boolean} zoomed whether the range is a part of the run's time
 * @property {(row: VisibleRow['row']) => number} endOf
 * @property {string | undefined} selected
 * @property {ReadonlySet<string>} found ids of rows that the search matches
 */

/** Rows above and below the window that are drawn, too. */
const AROUND = 8;

/**
 * The waterfall as a treegrid. Only the lines in the window are in the document; the focused one stays there.
 * @param {{onSelect: (id: string) => void, onToggle: (id: string) => void, onWholeTime: () => void}} handlers
 */
export function createGrid({ onSelect, onToggle, onWholeTime }) {
  /** @type {VisibleRow[]} */
  let rows = [];
  /** @type {GridState} */
  let state = { range: { fromMs: 0, toMs: 0 }, zoomed: false, endOf: () => 0, selected: undefined, found: new Set() };
  /** @type {Map<string, ReturnType<typeof createLine>>} */
  let lines = new Map();
  let focused = '';
  let printing = false;
  const element = h('div', { role: 'treegrid', class: 'grid', 'aria-label': 'Spans of the run' });
  element.style.setProperty('--row', `${ROW_PX}px`);
  const axis = createAxis(element);
  // In the head, which always has room: the rows must not move away from under the pointer that zooms.
  const whole = h(
    'button',
    { type: 'button', class: 'copy whole', hidden: true, title: 'Show everything (0)', click: onWholeTime },
    'Whole time',
  );
  const head = h(
    'div',
    { role: 'row', class: 'row head', 'aria-rowindex': 1 },
    h('div', { role: 'columnheader', class: 'name' }, 'Span', whole),
    h('div', { role: 'columnheader', class: 'duration' }, 'Duration'),
    h('div', { role: 'columnheader', class: 'axis-cell', 'aria-label': 'Time' }, axis.element),
  );
  const body = h('div', { role: 'rowgroup', class: 'rows' });
  element.append(h('div', { role: 'rowgroup', class: 'heads' }, head), body);

  /** Indexes of the rows to draw. */
  const inWindow = () => {
    if (printing) return { from: 0, to: rows.length };
    const top = -body.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(top / ROW_PX) - AROUND);
    return { from, to: Math.min(rows.length, Math.ceil((top + window.innerHeight) / ROW_PX) + AROUND) };
  };
  /** The document has the order of the rows, for those who hear it. An element that is moved loses the focus. */
  const putInOrder = () => {
    const active = document.activeElement;
    let at = body.firstElementChild;
    for (const { element: line } of lines.values()) {
      if (line === at) at = at.nextElementSibling;
      else body.insertBefore(line, at);
    }
    if (active instanceof HTMLElement && active !== document.activeElement && body.contains(active))
      active.focus({ preventScroll: true });
  };
  const drawLines = () => {
    const { from, to } = inWindow();
    const focusAt = rows.findIndex(({ row }) => row.id === focused);
    const wanted = rows.slice(from, to).map((visible, index) => ({ visible, index: from + index }));
    const focusedRow = rows[focusAt];
    if (focusedRow && focusAt < from) wanted.unshift({ visible: focusedRow, index: focusAt });
    if (focusedRow && focusAt >= to) wanted.push({ visible: focusedRow, index: focusAt });
    const ids = new Set(wanted.map(({ visible }) => visible.row.id));
    const free = [...lines].filter(([id]) => !ids.has(id)).map(([, line]) => line);
    const reuse = () => {
      const line = free.pop();
      line?.element.remove();
      return line;
    };
    /** @type {typeof lines} */
    const next = new Map();
    for (const { visible, index } of wanted) {
      const { id } = visible.row;
      const line = lines.get(id) ?? reuse() ?? createLine();
      line.update(visible, { ...state, index, selected: id === state.selected, found: state.found.has(id) });
      line.element.tabIndex = id === focused ? 0 : -1;
      next.set(id, line);
    }
    for (const line of free) line.element.remove();
    lines = next;
    putInOrder();
  };
  let asked = false;
  const drawSoon = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      drawLines();
    });
  };
  addEventListener('scroll', drawSoon, { passive: true });
  addEventListener('resize', drawSoon, { passive: true });
  for (const [event, now] of /** @type {const} */ ([
    ['beforeprint', true],
    ['afterprint', false],
  ]))
    addEventListener(event, () => {
      printing = now;
      drawLines();
    });

  /** Scrolls so that the row is between the head and the lower edge, or the panel that covers it. @param {number} index */
  const scrollTo = (index) => {
    const top = body.getBoundingClientRect().top + index * ROW_PX;
    const covered = parseFloat(getComputedStyle(element).getPropertyValue('--covered')) || 0;
    const lowest = window.innerHeight * (1 - covered / 100) - 2 * ROW_PX;
    if (top < 2 * ROW_PX) scrollBy({ top: top - 2 * ROW_PX });
    else if (top > lowest) scrollBy({ top: top - lowest });
  };
  /** Scrolls a row that is out of sight, or at an edge, to the middle. @param {number} index */
  const scrollToMiddle = (index) => {
    const top = body.getBoundingClientRect().top + index * ROW_PX;
    const isInside = top > 4 * ROW_PX && top < window.innerHeight - 8 * ROW_PX;
    if (!isInside) scrollBy({ top: top - window.innerHeight / 3 });
  };
  const focus = (/** @type {string | undefined} */ id) => {
    const index = rows.findIndex(({ row }) => row.id === id);
    if (id === undefined || index < 0) return;
    focused = id;
    scrollTo(index);
    drawLines();
    lines.get(id)?.element.focus({ preventScroll: true });
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
    focused = idOf(event.target) ?? focused;
  });
  body.addEventListener('keydown', (event) => gridKeys(event, { rows, focused, focus, onSelect, onToggle }));

  return {
    element,
    /** The part whose width is that of the axis. */
    axis: axis.element,
    focus: () => focus(focused || rows[0]?.row.id),
    /** Shows a row and gives it the focus. @param {string} id */
    go(id) {
      scrollToMiddle(rows.findIndex(({ row }) => row.id === id));
      focus(id);
    },
    /** @param {string} id */
    reveal(id) {
      const index = rows.findIndex(({ row }) => row.id === id);
      if (index >= 0) scrollTo(index);
      drawLines();
    },
    /** @param {VisibleRow[]} next @param {GridState} nextState */
    draw(next, nextState) {
      rows = next;
      state = nextState;
      if (!rows.some(({ row }) => row.id === focused)) focused = rows[0]?.row.id ?? '';
      element.setAttribute('aria-rowcount', String(rows.length + 1));
      body.style.height = `${rows.length * ROW_PX}px`;
      whole.hidden = !state.zoomed;
      axis.set(state.range);
      drawLines();
    },
  };
}
