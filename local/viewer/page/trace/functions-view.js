import { ask } from '../api.js';
import { h } from '../dom.js';

/** @typedef {import('../../functions.ts').FunctionSummary} FunctionSummary */
/** @typedef {'name' | 'count' | 'totalMs' | 'selfMs' | 'p50Ms' | 'maxMs' | 'errors' | 'requests'} Column */

/** @type {[Column, string, string][]} */
const COLUMNS = [
  ['name', 'Function', 'A function of a controller, or an API request'],
  ['count', 'Calls', ''],
  ['selfMs', 'Itself', 'All calls, without the functions and requests below them'],
  ['totalMs', 'Total', 'All calls, with what is below them'],
  ['p50Ms', 'p50', 'Half of the calls were at most as long'],
  ['maxMs', 'Max', ''],
  ['errors', 'Errors', ''],
  ['requests', 'API requests', 'Requests that its calls made, and functions below it'],
];
const OPEN_AT_FIRST = 10;

/**
 * @param {FunctionSummary[]} functions
 * @param {Column} column
 * @param {boolean} upwards
 */
function sortFunctions(functions, column, upwards) {
  const compare = (/** @type {FunctionSummary} */ a, /** @type {FunctionSummary} */ b) => {
    const [x, y] = [a[column], b[column]];
    return typeof x === 'string' ? x.localeCompare(String(y)) : x - Number(y);
  };
  return functions.toSorted((a, b) => (upwards ? compare(a, b) : compare(b, a)) || a.name.localeCompare(b.name));
}

/**
 * The controllers' functions of a trace as a table. A row opens its slowest calls; a call leads to its reconcile in the waterfall.
 * @param {string} traceId
 * @param {(rowId: string) => Promise<void>} onCall
 */
export function createFunctions(traceId, onCall) {
  const body = h('tbody', {});
  const state = h('p', { class: 'empty', role: 'status' }, 'Loading…');
  const more = h('button', { type: 'button', class: 'button', hidden: true, click: () => ((all = true), draw()) });
  const heads = h('tr', {});
  const element = h(
    'div',
    { class: 'functions', hidden: true },
    state,
    h('table', {}, h('thead', {}, heads), body),
    more,
  );
  /** @type {FunctionSummary[]} */
  let functions = [];
  /** @type {Column} */
  let column = 'selfMs';
  let upwards = false;
  let all = false;
  /** @type {Set<string>} */
  const open = new Set();

  const keyOf = (/** @type {FunctionSummary} */ { service, name, isRequest }) => `${service} ${name} ${isRequest}`;
  const sortBy = (/** @type {Column} */ next) => {
    upwards = column === next ? !upwards : next === 'name';
    column = next;
    draw();
  };
  /** Says something in place of the table, or above it; nothing with ''. @param {string} text */
  const say = (text) => {
    state.hidden = text === '';
    state.textContent = text;
  };
  const showCall = (/** @type {string} */ id) =>
    onCall(id).then(
      () => say(''),
      (error) => say(`The call can't be shown: ${error.message}`),
    );
  const calls = (/** @type {FunctionSummary} */ { slowest }) =>
    h(
      'tr',
      { class: 'calls' },
      h(
        'td',
        { colspan: COLUMNS.length },
        h(
          'ol',
          {},
          ...slowest.map(({ id, durationText, offsetMs, problem }) =>
            h(
              'li',
              {},
              h('button', { type: 'button', class: 'link', click: () => void showCall(id) }, durationText),
              h('span', { class: 'muted' }, ` at ${(offsetMs / 1000).toFixed(2)} s`),
              problem === undefined ? undefined : h('span', { class: 'bad' }, ` ${problem}`),
            ),
          ),
        ),
      ),
    );
  const row = (/** @type {FunctionSummary} */ one) => {
    const key = keyOf(one);
    const isOpen = open.has(key);
    const toggle = () => {
      if (!open.delete(key)) open.add(key);
      draw();
      /** @type {HTMLElement | undefined} */ (
        [.../** @type {NodeListOf<HTMLElement>} */ (body.querySelectorAll('button[data-key]'))].find(
          (button) => button.dataset.key === key,
        )
      )?.focus();
    };
    const number = (/** @type {string | number} */ text, name = '') =>
      h('td', { class: `number ${name}` }, String(text));
    const head = h(
      'button',
      { type: 'button', class: 'link', 'data-key': key, 'aria-expanded': isOpen ? 'true' : 'false', click: toggle },
      one.name,
    );
    return [
      h(
        'tr',
        {},
        h(
          'th',
          { scope: 'row' },
          head,
          h('span', { class: 'muted' }, one.isRequest ? ' request' : ''),
          h('span', { class: 'muted service' }, one.service.replace(/-reconciler$/, '')),
        ),
        number(one.count),
        number(one.selfText),
        number(one.totalText),
        number(one.p50Text),
        number(one.maxText),
        number(one.errors || '', 'bad'),
        number(one.requests || ''),
      ),
      ...(isOpen ? [calls(one)] : []),
    ];
  };
  function draw() {
    const sorted = sortFunctions(functions, column, upwards);
    heads.replaceChildren(
      ...COLUMNS.map(([name, text, title]) =>
        h(
          'th',
          {
            scope: 'col',
            class: name === 'name' ? '' : 'number',
            'aria-sort': name === column ? (upwards ? 'ascending' : 'descending') : undefined,
          },
          h('button', { type: 'button', class: 'sort', title: title || undefined, click: () => sortBy(name) }, text),
        ),
      ),
    );
    body.replaceChildren(...(all ? sorted : sorted.slice(0, OPEN_AT_FIRST)).flatMap(row));
    more.hidden = all || sorted.length <= OPEN_AT_FIRST;
    more.textContent = `Show all ${sorted.length}`;
  }

  let loaded = -1;
  return {
    element,
    /**
     * Loads the table again when there are more spans of controllers than at the last time, or the last time failed.
     * @param {number} count
     */
    async show(count) {
      element.hidden = false;
      if (count === loaded) return;
      loaded = count;
      try {
        functions = await (await ask(`/api/waterfall/${traceId}/functions`)).json();
        say(functions.length > 0 ? '' : 'No controller has sent a span of this run.');
        draw();
      } catch (error) {
        loaded = -1;
        say(`The functions can't be shown: ${error instanceof Error ? error.message : error}`);
      }
    },
    hide() {
      element.hidden = true;
    },
  };
}
