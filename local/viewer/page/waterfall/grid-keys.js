import { ROW_PX } from './line.js';

/** @typedef {import('../trace/visible.js').VisibleRow} VisibleRow */

/**
 * The keys of a treegrid (WAI-ARIA practices): arrows move, open and fold, Enter and Space select.
 * @param {KeyboardEvent} event
 * @param {object} grid
 * @param {VisibleRow[]} grid.rows
 * @param {string} grid.focused id of the focused row
 * @param {(id: string | undefined) => void} grid.focus
 * @param {(id: string) => void} grid.onSelect
 * @param {(id: string) => void} grid.onToggle
 */
export function gridKeys(event, { rows, focused, focus, onSelect, onToggle }) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const index = rows.findIndex(({ row }) => row.id === focused);
  const current = rows[index];
  if (!current) return;
  const to = (/** @type {number} */ at) => focus(rows[Math.min(Math.max(at, 0), rows.length - 1)]?.row.id);
  const isOpen = current.expandable && current.open;
  const page = Math.max(1, Math.floor(window.innerHeight / 2 / ROW_PX));
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowDown: () => to(index + 1),
    ArrowUp: () => to(index - 1),
    PageDown: () => to(index + page),
    PageUp: () => to(index - page),
    Home: () => to(0),
    End: () => to(rows.length - 1),
    ArrowRight: () => (isOpen ? to(index + 1) : current.expandable && onToggle(focused)),
    ArrowLeft: () => {
      if (isOpen) onToggle(focused);
      else focus(rows.slice(0, index).findLast(({ level }) => level < current.level)?.row.id);
    },
    Enter: () => onSelect(focused),
    ' ': () => onSelect(focused),
  };
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}
