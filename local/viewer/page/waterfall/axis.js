import { h } from '../dom.js';
import { axisTicks } from './ticks.js';

/** @typedef {import('./range.js').Range} Range */

/**
 * The axis above the bars. Its lines go through all rows, as a background that `--tick` and `--tick-at` place.
 * @param {HTMLElement} grid
 */
export function createAxis(grid) {
  const element = h('div', { class: 'timeline axis', 'aria-hidden': 'true' });
  /** @type {Range} */
  let range = { fromMs: 0, toMs: 0 };
  const draw = () => {
    const length = range.toMs - range.fromMs;
    const { stepMs, ticks } = axisTicks(range, element.clientWidth);
    const percent = (/** @type {number} */ ms) => (length > 0 ? ((ms - range.fromMs) / length) * 100 : 0);
    grid.style.setProperty('--tick', length > 0 ? `${(stepMs / length) * 100}%` : '100%');
    // A background's place in percent is of the room that is left beside it.
    const first = percent(ticks[0]?.ms ?? 0);
    grid.style.setProperty('--tick-at', `${(first / 100) * element.clientWidth}px`);
    element.replaceChildren(
      ...ticks.map(({ ms, label }) => {
        const tick = h('span', { class: 'tick' }, label);
        tick.style.left = `${percent(ms)}%`;
        return tick;
      }),
    );
  };
  new ResizeObserver(draw).observe(element);
  return {
    element,
    /** @param {Range} next */
    set(next) {
      range = next;
      draw();
    },
  };
}
