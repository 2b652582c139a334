import { h } from '../dom.js';
import { clamp, moved, zoomed } from './range.js';

/** @typedef {import('./range.js').Range} Range */

/** A shorter movement is a click. */
const DRAG_PX = 4;
const WHEEL = 0.0022;

/**
 * Zoom and pan of the time axis. Ctrl and the wheel, or two fingers, zoom; a sideways wheel, Shift and the wheel, or one finger move; dragging over
 * the axis shows that part; a double click on it shows everything.
 * @param {HTMLElement} grid
 * @param {HTMLElement} axis
 * @param {{get: () => Range, total: () => number, set: (range: Range | undefined) => void}} range
 */
export function addZoom(grid, axis, { get, total, set }) {
  /** Where the pointer is on the axis: 0 at its left edge, 1 at its right one. */
  const at = (/** @type {number} */ x) => {
    const { left, width } = axis.getBoundingClientRect();
    return Math.min(1, Math.max(0, (x - left) / (width || 1)));
  };
  const msAt = (/** @type {number} */ x) => get().fromMs + at(x) * (get().toMs - get().fromMs);

  grid.addEventListener(
    'wheel',
    (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        set(zoomed(get(), Math.exp(event.deltaY * WHEEL), at(event.clientX), total()));
        return;
      }
      const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
      if (Math.abs(sideways) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
      event.preventDefault();
      set(moved(get(), sideways / (axis.clientWidth || 1), total()) ?? undefined);
    },
    { passive: false },
  );

  const mark = h('div', { class: 'selection', hidden: true });
  axis.parentElement?.append(mark);
  /** @type {{x: number, ms: number} | undefined} */
  let start;
  axis.parentElement?.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch' || event.button !== 0) return;
    start = { x: event.clientX, ms: msAt(event.clientX) };
    if (event.currentTarget instanceof Element) event.currentTarget.setPointerCapture(event.pointerId);
  });
  axis.parentElement?.addEventListener('pointermove', (event) => {
    if (!start || Math.abs(event.clientX - start.x) < DRAG_PX) return;
    const { left, width } = axis.getBoundingClientRect();
    const [a = 0, b = 0] = [start.x, event.clientX]
      .map((x) => Math.min(Math.max(x - left, 0), width))
      .sort((p, q) => p - q);
    mark.hidden = false;
    mark.style.left = `${a}px`;
    mark.style.width = `${b - a}px`;
  });
  axis.parentElement?.addEventListener('pointerup', (event) => {
    if (start && Math.abs(event.clientX - start.x) >= DRAG_PX) {
      const [fromMs = 0, toMs = 0] = [start.ms, msAt(event.clientX)].sort((p, q) => p - q);
      set(clamp({ fromMs, toMs }, total()));
    }
    start = undefined;
    mark.hidden = true;
  });
  axis.parentElement?.addEventListener('dblclick', () => set(undefined));
  addTouch(grid, axis, { get, total, set });
}

/** @type {typeof addZoom} */
function addTouch(grid, axis, { get, total, set }) {
  /** @type {Map<number, number>} */
  const fingers = new Map();
  const spread = () => {
    const [a = 0, b = 0] = [...fingers.values()];
    return { middle: (a + b) / 2, length: Math.max(20, Math.abs(a - b)) };
  };
  grid.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch' && event.target instanceof Element && event.target.closest('.timeline'))
      fingers.set(event.pointerId, event.clientX);
  });
  grid.addEventListener('pointermove', (event) => {
    const x = fingers.get(event.pointerId);
    if (x === undefined) return;
    const before = spread();
    fingers.set(event.pointerId, event.clientX);
    const { left, width } = axis.getBoundingClientRect();
    if (fingers.size === 1) set(moved(get(), (x - event.clientX) / width, total()));
    else if (fingers.size === 2) {
      const after = spread();
      set(zoomed(get(), before.length / after.length, (after.middle - left) / width, total()));
    }
  });
  for (const end of ['pointerup', 'pointercancel'])
    grid.addEventListener(end, (event) => fingers.delete(/** @type {PointerEvent} */ (event).pointerId));
}
