import { h, resultOf } from '../dom.js';
import { elapsedText, waitText } from '../time.js';
import { place } from './range.js';

/** @typedef {import('../trace/visible.js').VisibleRow} VisibleRow */
/**
 * @typedef {object} LineState
 * @property {import('./range.js').Range} range
 * @property {(row: VisibleRow['row']) => number} endOf
 * @property {boolean} selected
 * @property {boolean} found the search matches it
 * @property {number} index among all visible rows, counted from 0
 */

/** What the span is, before its own name: less important, and left out on a phone. */
const NAMED_KIND = /^(RUN |task |step |init |sidecar |custom )(.+)$/s;

/** The height of a row. */
export const ROW_PX = 28;

/** Deeper rows begin where this level does, so that their names have room. */
const MAX_INDENTED = 10;

/** Shorter waits are as good as none. */
const MIN_WAIT_MS = 1;

/** A message with less room, in percent of the axis, could not be read. */
const MIN_MESSAGE = 10;

/** Of a name that is too long its beginning and this many of its last characters are shown: generated names differ there. */
const LAST_CHARACTERS = 10;
const LONG_NAME = 22;

/**
 * @param {HTMLElement} element
 * @param {{left: number, width: number} | undefined} at
 */
function setPlace(element, at) {
  element.hidden = at === undefined;
  if (!at) return;
  element.style.left = `${at.left}%`;
  element.style.width = `${at.width}%`;
}

/**
 * The message of a row is beside its bar, where there is more room; nowhere if there is none.
 * @param {HTMLElement} element
 * @param {string} text
 * @param {{left: number, right: number}} around the bar's ends, in percent of the axis
 */
function setMessage(element, text, { left, right }) {
  const before = left > 100 - right;
  const room = before ? left : 100 - right;
  element.textContent = text;
  element.hidden = text === '' || room < MIN_MESSAGE;
  element.style.left = before ? '0' : `${right}%`;
  element.style.width = `${room}%`;
  element.classList.toggle('before', before);
}

/** One line of the grid, drawn anew for whatever row scrolls into its place. */
export function createLine() {
  const twist = h('span', { class: 'twist', 'aria-hidden': 'true' });
  const mark = h('span', { class: 'mark', 'aria-hidden': 'true' });
  const kind = h('span', { class: 'kind' });
  const ownName = document.createTextNode('');
  const lastOfName = h('span', { class: 'last' });
  const name = h('span', { class: 'label' }, h('span', { class: 'first' }, kind, ownName), lastOfName);
  const lead = h('span', { class: 'lead-text' });
  const apart = h('span', { class: 'apart' });
  const outcome = h('span', { class: 'visually-hidden' });
  const duration = h('div', { role: 'gridcell', class: 'duration' });
  const leadBar = h('div', { class: 'bar lead-in' });
  const bar = h('div', { class: 'bar work' });
  const tailBar = h('div', { class: 'bar tail' });
  const why = h('span', { class: 'why' });
  const nameCell = h('div', { role: 'gridcell', class: 'name' }, twist, mark, name, outcome, apart, lead);
  const timeline = h('div', { role: 'gridcell', class: 'timeline' }, leadBar, bar, tailBar, why);
  const element = h('div', { role: 'row', class: 'row', tabindex: '-1' }, nameCell, duration, timeline);

  /** @param {VisibleRow} visible @param {LineState} state */
  const updateAttributes = ({ row, level, position, size, expandable, open }, { selected, found, index }) => {
    const attributes = {
      'aria-rowindex': index + 2,
      'aria-level': level,
      'aria-posinset': position,
      'aria-setsize': size,
      'aria-selected': selected,
      'data-id': row.id,
      'data-category': row.category,
      'data-result': row.result,
    };
    for (const [key, value] of Object.entries(attributes)) {
      if (element.getAttribute(key) !== String(value)) element.setAttribute(key, String(value));
    }
    if (expandable) element.setAttribute('aria-expanded', String(open));
    else element.removeAttribute('aria-expanded');
    element.classList.toggle('found', found);
    element.style.setProperty('--level', String(Math.min(level, MAX_INDENTED) - 1));
    element.style.transform = `translateY(${index * ROW_PX}px)`;
  };

  /** @type {unknown[]} */
  let drawn = [];
  return {
    element,
    /** @param {VisibleRow} visible @param {LineState} state */
    update(visible, state) {
      const now = [visible, state.range, state.selected, state.found, state.index];
      if (now.every((value, index) => value === drawn[index])) return;
      drawn = now;
      const { row, leadMs, tailMs } = visible;
      updateAttributes(visible, state);
      const { mark: sign, label } = resultOf(row.result);
      const endMs = state.endOf(row);
      const message = row.isOrigin ? (row.problem ?? '') : row.skipReason ? `skipped: ${row.skipReason}` : '';
      const [, word = '', rest = row.name] = NAMED_KIND.exec(row.name) ?? [];
      kind.textContent = row.category === 'other' ? '' : word;
      const text = (row.category === 'other' ? row.name : rest) || '(no name)';
      const letters = [...text];
      const cut = letters.length > LONG_NAME ? letters.length - LAST_CHARACTERS : letters.length;
      ownName.data = letters.slice(0, cut).join('');
      lastOfName.textContent = letters.slice(cut).join('');
      element.title = [row.name, row.problem].filter(Boolean).join('\n');
      mark.textContent = row.result === 'success' ? '' : sign;
      outcome.textContent = label ? `, ${label}` : '';
      apart.textContent = row.apart ?? '';
      const waitMs = leadMs + tailMs;
      lead.textContent = waitMs >= MIN_WAIT_MS ? `${waitText(waitMs)} wait` : '';
      const took = row.isRunning ? elapsedText(endMs - row.offsetMs) : row.durationText;
      // What did not run took no time.
      duration.textContent = row.result === 'skip' ? 'skipped' : took;
      const { range } = state;
      const [workFromMs, workToMs] = [row.offsetMs + leadMs, endMs - tailMs];
      setPlace(leadBar, leadMs >= MIN_WAIT_MS ? place(row.offsetMs, workFromMs, range) : undefined);
      setPlace(bar, place(workFromMs, workToMs, range));
      setPlace(tailBar, tailMs >= MIN_WAIT_MS ? place(workToMs, endMs, range) : undefined);
      bar.classList.toggle('cut', tailMs >= MIN_WAIT_MS);
      const whole = place(row.offsetMs, endMs, range);
      setMessage(why, whole ? message : '', { left: whole?.left ?? 0, right: whole ? whole.left + whole.width : 0 });
    },
  };
}
