import { h } from '../dom.js';

/** @type {[string, string][]} */
const KEYS = [
  ['↑ ↓', 'previous, next row'],
  ['← →', 'fold, open; to the row above or below'],
  ['Enter', 'details of the row'],
  ['Escape', 'close what is open'],
  ['/', 'search'],
  ['n  N', 'next, previous failure'],
  ['+  −  0', 'zoom in, out, show everything'],
  ['Shift ← →', 'move along the time axis'],
  ['w', 'waits as rows of their own'],
  ['f', 'controller functions'],
  ['?', 'this help'],
];
const MOUSE =
  'Drag over the axis to zoom in, double-click it to see everything. Ctrl and the wheel zoom, Shift and the wheel move. Two fingers zoom, one moves.';

/** The list of keys. */
export function createHelp() {
  const dialog = /** @type {HTMLDialogElement} */ (
    h(
      'dialog',
      { class: 'help', 'aria-label': 'Keys' },
      h('h2', {}, 'Keys'),
      h('dl', {}, ...KEYS.flatMap(([key, text]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, text)])),
      h('p', { class: 'muted' }, MOUSE),
      h('form', { method: 'dialog' }, h('button', { class: 'button' }, 'Close')),
    )
  );
  return dialog;
}
