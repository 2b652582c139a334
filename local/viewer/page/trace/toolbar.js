import { h } from '../dom.js';

/**
 * @param {string} text
 * @param {string} title with its key
 * @param {() => void} click
 */
const button = (text, title, click) => h('button', { type: 'button', class: 'button', title, click }, text);

/**
 * The buttons above the waterfall.
 * @param {object} actions
 * @param {(tab: 'waterfall' | 'functions') => void} actions.onTab
 * @param {(folding: 'tasks' | 'all') => void} actions.onFold
 * @param {() => void} actions.onWaits
 * @param {() => void} actions.onHelp
 * @param {() => void} actions.onHideReconciles
 * @param {HTMLElement} actions.search
 */
export function createToolbar({ onTab, onFold, onWaits, onHelp, onHideReconciles, search }) {
  const tabs = {
    waterfall: button('Waterfall', 'Spans in time', () => onTab('waterfall')),
    functions: button('Controller functions', 'What the controllers did (f)', () => onTab('functions')),
  };
  const waits = button('Waits', 'Waits and init containers as rows of their own (w)', onWaits);
  const reconciles = button('Hide reconciles', 'Remove the reconciles that you opened', onHideReconciles);
  const ofRows = h(
    'div',
    { class: 'tools' },
    reconciles,
    waits,
    button('Tasks only', 'Fold every task', () => onFold('tasks')),
    button('Open all', 'Open every row', () => onFold('all')),
    search,
    button('?', 'Keys (?)', onHelp),
  );
  return {
    element: h(
      'div',
      { class: 'toolbar' },
      h('div', { class: 'tabs', role: 'group', 'aria-label': 'View' }, tabs.waterfall, tabs.functions),
      ofRows,
    ),
    /** @param {{tab: 'waterfall' | 'functions', waits: boolean, hasReconciles: boolean, functions: number, errors: number}} state */
    draw(state) {
      for (const [name, tab] of Object.entries(tabs)) tab.setAttribute('aria-pressed', String(state.tab === name));
      tabs.functions.hidden = state.functions === 0;
      tabs.functions.textContent = `Controller functions (${state.functions}${state.errors > 0 ? `, ${state.errors} with an error` : ''})`;
      waits.setAttribute('aria-pressed', String(state.waits));
      reconciles.hidden = !state.hasReconciles;
      ofRows.hidden = state.tab !== 'waterfall';
    },
  };
}
