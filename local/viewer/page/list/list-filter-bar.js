import { h } from '../dom.js';
import { filterQuery, OUTCOMES, readFilter, TIMES } from './list-filter.js';

/** @typedef {import('./list-filter.js').Filter} Filter */

/**
 * @param {string} label
 * @param {[value: string, label: string][]} values
 * @param {(value: string) => void} onChange
 */
function select(label, values, onChange) {
  const options = values.map(([value, text]) => h('option', { value }, text));
  const change = (/** @type {Event} */ event) => onChange(/** @type {HTMLSelectElement} */ (event.target).value);
  return /** @type {HTMLSelectElement} */ (h('select', { 'aria-label': label, change }, ...options));
}

const labels = (/** @type {Record<string, {label: string}>} */ values) =>
  Object.entries(values).map(([value, { label }]) => /** @type {[string, string]} */ ([value, label]));

/**
 * Search and filters. What is chosen is in the page's address.
 * @param {() => void} onChange
 */
export function createFilterBar(onChange) {
  /** @type {Filter} */
  let filter = readFilter(location.search);

  const set = (/** @type {Partial<Filter>} */ changes) => {
    filter = { ...filter, ...changes };
    history.replaceState(null, '', `${location.pathname}${filterQuery(filter)}`);
    show();
    onChange();
  };
  const search = /** @type {HTMLInputElement} */ (
    h('input', {
      type: 'search',
      'aria-label': 'Search: name, pipeline, cause, trace id',
      placeholder: 'Search name, pipeline, cause, trace id   ( / )',
      autocomplete: 'off',
      spellcheck: 'false',
      input: () => set({ text: search.value }),
      keydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === 'Escape') set({ text: '', pipeline: '', result: '', within: '' });
      },
    })
  );
  const pipeline = select('Pipeline', [['', 'all pipelines']], (value) => set({ pipeline: value }));
  const result = select('Result', [['', 'any result'], ...labels(OUTCOMES)], (value) => set({ result: value }));
  const within = select('Time', [['', 'any time'], ...labels(TIMES)], (value) => set({ within: value }));
  const show = () => {
    if (search.value !== filter.text) search.value = filter.text;
    pipeline.value = filter.pipeline;
    result.value = filter.result;
    within.value = filter.within;
  };
  let names = '';

  const element = h(
    'form',
    { class: 'filters', role: 'search', submit: (/** @type {Event} */ event) => event.preventDefault() },
    ...[search, pipeline, result, within],
  );
  show();
  return {
    element,
    get filter() {
      return filter;
    },
    set,
    focus: () => search.focus(),
    /** @param {string[]} pipelines */
    setPipelines(pipelines) {
      // One that is chosen stays, though none of its runs is here any more.
      const all =
        filter.pipeline === '' || pipelines.includes(filter.pipeline) ? pipelines : [...pipelines, filter.pipeline];
      if (names === all.join('\n')) return;
      names = all.join('\n');
      pipeline.replaceChildren(
        h('option', { value: '' }, 'all pipelines'),
        ...all.map((name) => h('option', { value: name }, name)),
      );
      pipeline.value = filter.pipeline;
    },
  };
}
