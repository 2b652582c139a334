import { h } from '../dom.js';

/** @typedef {import('../../page-view.ts').PageRow} PageRow */

/**
 * Ids of the rows whose name, problem or result has the words.
 * @param {readonly PageRow[]} rows
 * @param {string} text
 * @returns {string[]}
 */
export function searchRows(rows, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return rows
    .filter(({ name, problem = '', result, skipReason = '' }) => {
      const all = `${name} ${problem} ${result} ${skipReason}`.toLowerCase();
      return words.every((word) => all.includes(word));
    })
    .map(({ id }) => id);
}

/**
 * The search field. Enter goes to the next match, Shift and Enter to the one before.
 * @param {{find: (text: string) => string[], go: (id: string | undefined) => void, changed: () => void}} handlers
 */
export function createSearch({ find, go, changed }) {
  const input = /** @type {HTMLInputElement} */ (
    h('input', {
      type: 'search',
      class: 'search',
      placeholder: 'Search rows',
      'aria-label': 'Search rows',
      autocomplete: 'off',
      spellcheck: 'false',
    })
  );
  const count = h('span', { class: 'muted count', role: 'status' });
  let at = -1;
  /** @type {string[]} */
  let found = [];
  const update = () => {
    found = find(input.value);
    const place = at >= 0 && found.length > 0 ? `${(at % found.length) + 1} of ` : '';
    count.textContent = input.value.trim() === '' ? '' : found.length === 0 ? 'none' : `${place}${found.length}`;
  };
  input.addEventListener('input', () => {
    at = -1;
    update();
    changed();
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      if (input.value === '') input.blur();
      input.value = '';
      update();
      changed();
      event.stopPropagation();
    }
    if (event.key !== 'Enter' || found.length === 0) return;
    event.preventDefault();
    at = (at + (event.shiftKey ? found.length - 1 : 1) + (at < 0 && event.shiftKey ? 1 : 0)) % found.length;
    update();
    go(found[at]);
    input.focus({ preventScroll: true });
  });
  return {
    element: h('span', { class: 'search-box' }, input, count),
    focus: () => (input.focus(), input.select()),
    /** Ids of the rows that match now. */
    found: () => {
      update();
      return new Set(found);
    },
  };
}
