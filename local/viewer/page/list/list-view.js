import { ask } from '../api.js';
import { formatTime, h, resultPill } from '../dom.js';
import { histories, historyCard } from './history.js';
import { createFilterBar } from './list-filter-bar.js';
import { matches, pipelineOf } from './list-filter.js';
import { agoText, elapsedText } from '../time.js';
import { createPicks } from './list-picks.js';

/** @typedef {import('../../../tracestore/views/trace-summary.ts').TraceSummary} TraceSummary */
/** @typedef {import('../../../tracestore/views/trace-list.ts').ListUpdate} ListUpdate */

/** Pipelines whose last runs are drawn. */
const MAX_HISTORIES = 6;
/** The list asks for changes at most this often. */
const REST_MS = 750;

/** @param {TraceSummary} trace */
function card(trace) {
  const { id, runName, title, result, finished, problem, startUnixMs } = trace;
  const what = trace.pipeline ?? (runName === undefined || runName === title ? '' : title);
  return h(
    'a',
    { href: `/trace/${id}`, class: 'card' },
    resultPill(result),
    h('span', { class: 'card-name' }, runName ?? title),
    // The result alone is no cause.
    problem === undefined || problem === result
      ? undefined
      : h('span', { class: 'card-problem', 'data-result': result, title: problem }, problem),
    h('span', { class: 'muted card-title' }, what),
    h('span', { class: 'number card-duration' }, finished ? trace.durationText : ''),
    h('time', { class: 'muted number', datetime: new Date(startUnixMs).toISOString(), title: formatTime(startUnixMs) }),
  );
}

/** Puts the elements into the list in this order, and moves no more than it must: an element that stays keeps the focus. */
function arrange(/** @type {HTMLElement} */ list, /** @type {HTMLElement[]} */ elements) {
  const wanted = new Set(elements);
  for (const child of [...list.children]) if (!wanted.has(/** @type {HTMLElement} */ (child))) child.remove();
  elements.forEach((element, index) => {
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
}

/** The page of all traces. */
export function createListView() {
  /** @type {Map<string, TraceSummary>} */
  let traces = new Map();
  /** @type {Map<string, {text: string, element: HTMLElement}>} */
  const items = new Map();
  let version = '';
  let older = '';
  let connected = true;

  const list = h('ol', { class: 'cards' });
  const strip = h('div', { class: 'histories' });
  const empty = h('p', { class: 'empty' }, 'Loading…');
  const count = h('p', { class: 'muted count', role: 'status' });
  const picks = createPicks();
  const bar = createFilterBar(() => draw());
  const element = h(
    'main',
    { class: 'list' },
    h('div', { class: 'list-head' }, h('h1', {}, 'Traces'), count),
    bar.element,
    strip,
    empty,
    list,
    picks.element,
  );
  document.title = 'Traces · Tektrace';

  const itemOf = (/** @type {TraceSummary} */ trace) => {
    const text = JSON.stringify(trace);
    const known = items.get(trace.id);
    if (known?.text === text) return known.element;
    const item = known?.element ?? h('li', {}, picks.boxFor(trace));
    const old = item.querySelector('.card');
    const hadFocus = old !== null && old === document.activeElement;
    const next = card(trace);
    if (old) old.replaceWith(next);
    else item.append(next);
    if (hadFocus) next.focus();
    items.set(trace.id, { text, element: item });
    return item;
  };

  const drawHistories = (/** @type {TraceSummary[]} */ all) => {
    const { filter } = bar;
    // One run alone has nothing to be compared with.
    const shown = histories(all).filter(({ name, count: runs }) =>
      filter.pipeline === '' ? runs > 1 : name === filter.pipeline,
    );
    const focused = strip.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : undefined;
    strip.replaceChildren(
      ...shown.slice(0, MAX_HISTORIES).map((history) => {
        const pressed = history.name === filter.pipeline;
        const onPress = () => bar.set({ pipeline: pressed ? '' : history.name });
        return historyCard(history, { pressed, nowMs: Date.now(), onPress });
      }),
    );
    if (focused) /** @type {HTMLElement | null} */ (strip.querySelector(`a[href=${CSS.escape(focused)}]`))?.focus();
  };

  const drawTimes = () => {
    const nowMs = Date.now();
    for (const [id, { element: item }] of items) {
      const trace = traces.get(id);
      const time = item.querySelector('time');
      const duration = item.querySelector('.card-duration');
      if (!trace || !time || !duration) continue;
      const ago = agoText(nowMs - trace.startUnixMs);
      if (time.textContent !== ago) time.textContent = ago;
      if (!trace.finished && connected) duration.textContent = elapsedText(nowMs - trace.startUnixMs);
    }
  };

  const draw = () => {
    const all = [...traces.values()].toSorted((a, b) => b.startUnixMs - a.startUnixMs);
    const names = new Set(all.flatMap(({ pipeline }) => pipeline ?? []));
    bar.setPipelines([...names].toSorted());
    const nowMs = Date.now();
    const shown = all.filter((trace) => matches(trace, pipelineOf(trace, names), bar.filter, nowMs));
    for (const id of items.keys()) if (!traces.has(id)) items.delete(id);
    picks.keep(traces);
    arrange(list, shown.map(itemOf));
    drawHistories(all);
    drawTimes();
    empty.hidden = shown.length > 0;
    empty.textContent =
      all.length === 0
        ? 'No trace has arrived yet. Runs show up here by themselves.'
        : 'No trace matches. Esc in the search clears all filters.';
    const number = shown.length === all.length ? `${all.length}` : `${shown.length} of ${all.length}`;
    count.textContent = older === '' ? number : `${number} · ${older}`;
    bar.element.hidden = all.length === 0;
  };

  document.addEventListener('keydown', (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input[type=search], select')) return;
    const cards = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('.card')]);
    const at = cards.indexOf(/** @type {HTMLElement} */ (target.closest('li')?.querySelector('.card') ?? target));
    if (event.key === '/') bar.focus();
    else if (event.key === 'ArrowDown' || event.key === 'j') cards[Math.min(at + 1, cards.length - 1)]?.focus();
    else if ((event.key === 'ArrowUp' || event.key === 'k') && at >= 0) cards[Math.max(at - 1, 0)]?.focus();
    else if (event.key === 'x' && at >= 0)
      /** @type {HTMLElement} */ (cards[at]?.parentElement?.querySelector('.pick')).click();
    else return;
    event.preventDefault();
  });
  setInterval(drawTimes, 1000);

  return {
    element,
    onConnection(/** @type {boolean} */ isConnected) {
      connected = isConnected;
    },
    async refresh() {
      const first = version === '';
      const response = await ask(first ? '/api/traces' : `/api/traces?since=${encodeURIComponent(version)}`);
      /** @type {ListUpdate} */
      const update = await response.json();
      if (update.whole) traces = new Map();
      for (const trace of update.data) traces.set(trace.id, trace);
      version = update.version;
      older = update.older ?? '';
      if (first || update.whole || update.data.length > 0) draw();
      if (!first) await new Promise((resolve) => setTimeout(resolve, REST_MS));
    },
  };
}
