import { countSpans, formatTime, h, resultPill } from './dom.js';

/** @typedef {import('../../tracestore/summary.ts').TraceSummary} TraceSummary */

/** @param {TraceSummary} trace */
function item(trace) {
  return h(
    'li',
    {},
    h(
      'a',
      { href: `/trace/${trace.id}`, class: 'card' },
      resultPill(trace.result),
      h('span', { class: 'card-name' }, trace.runName ?? trace.title),
      h(
        'span',
        { class: 'muted card-title' },
        trace.runName === undefined || trace.runName === trace.title ? '' : trace.title,
      ),
      h('span', { class: 'number' }, trace.finished ? trace.durationText : ''),
      h('span', { class: 'muted number spans' }, countSpans(trace.spanCount)),
      h(
        'time',
        { class: 'muted number', datetime: new Date(trace.startUnixMs).toISOString() },
        formatTime(trace.startUnixMs),
      ),
    ),
  );
}

/** The page of all traces. */
export function createListView() {
  const list = h('ol', { class: 'cards' });
  const empty = h('p', { class: 'empty' }, 'No trace has arrived yet. Runs show up here by themselves.');
  const element = h('main', { class: 'list' }, h('h1', {}, 'Traces'), empty, list);
  document.title = 'Traces · Tektrace';
  return {
    element,
    async refresh() {
      const response = await fetch('/api/traces');
      if (!response.ok) throw new Error(`the trace store answered ${response.status}`);
      /** @type {{data: TraceSummary[]}} */
      const { data } = await response.json();
      empty.hidden = data.length > 0;
      list.replaceChildren(...data.map(item));
    },
  };
}
