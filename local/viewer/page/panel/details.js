import { copyButton } from '../copy.js';
import { formatTime, h, resultPill } from '../dom.js';

/** @typedef {import('../../row.ts').WaterfallRow} Row */
/** @typedef {import('../../page-view.ts').PageRow} PageRow */

/** @param {number} ms */
function offset(ms) {
  return `+${(ms / 1000).toFixed(3)} s`;
}

/** @param {[string, string][]} pairs */
function pairsTable(pairs) {
  return h(
    'dl',
    { class: 'pairs' },
    ...pairs.flatMap(([key, value]) => [h('dt', {}, key), h('dd', {}, value === '' ? '""' : value)]),
  );
}

/**
 * @param {string} title
 * @param {number} count
 * @param {...Node} content
 */
function section(title, count, ...content) {
  return count === 0 ? undefined : h('section', {}, h('h3', {}, title), ...content);
}

/** @param {Row} row */
function facts(row) {
  /** @type {[string, string][]} */
  const all = [
    ['service', row.service],
    ['scope', row.scope],
    ['kind', row.kind],
    ['status', [row.status.code, row.status.message].filter(Boolean).join(': ')],
    ['span id', row.spanId],
    ['parent id', row.parentSpanId ?? ''],
  ];
  return all.filter(([, value]) => value !== '');
}

/** @param {Row} row */
const eventItems = (row) =>
  row.events.map((event) =>
    h('li', {}, h('p', {}, h('time', {}, offset(event.offsetMs)), ' ', event.name), pairsTable(event.attributes)),
  );

/** @param {Row} row */
const linkItems = (row) =>
  row.links.map((link) =>
    h(
      'li',
      {},
      h('p', {}, h('a', { href: `/trace/${link.traceId}` }, `trace ${link.traceId}`), ` span ${link.spanId}`),
      pairsTable(link.attributes),
    ),
  );

/** @param {PageRow[]} waits @param {(id: string) => void} onShow */
const waitItems = (waits, onShow) =>
  waits.map((wait) =>
    h(
      'li',
      { class: 'wait-item' },
      h('button', { type: 'button', class: 'link', click: () => onShow(wait.id) }, wait.name),
      h('span', { class: 'number' }, wait.isRunning ? 'goes on' : wait.durationText),
    ),
  );

/**
 * What is known of one row.
 * @param {object} shown
 * @param {import('../../../tracestore/api/waterfall-api.ts').RowDetails} shown.details
 * @param {PageRow} shown.row as the waterfall has it
 * @param {number} shown.startUnixMs
 * @param {PageRow[]} shown.waits the waits and init containers that are part of its bar
 * @param {HTMLElement | undefined} shown.log
 * @param {() => void} shown.onClose
 * @param {(id: string) => void} shown.onShow
 * @returns {HTMLElement}
 */
export function rowDetails({ details: { row: span }, row, startUnixMs, waits, log, onClose, onShow }) {
  const exitCode = span.attributes.find(([key]) => key === 'process.exit.code')?.[1];
  return h(
    'aside',
    { class: 'details', 'aria-label': `Details of ${row.name}` },
    h(
      'header',
      {},
      h('h2', {}, row.name),
      h('button', { type: 'button', class: 'close', 'aria-label': 'Close details', click: onClose }, '×'),
    ),
    h(
      'p',
      { class: 'lead' },
      ...(row.result === 'none' ? [] : [resultPill(row.result)]),
      ...(exitCode === undefined ? [] : [h('strong', {}, `exit ${exitCode}`)]),
      h('span', {}, row.durationText),
      h('span', { class: 'muted' }, offset(row.offsetMs)),
      h('span', { class: 'muted' }, formatTime(startUnixMs + row.offsetMs)),
    ),
    row.problem === undefined ? undefined : h('p', { class: 'problem' }, row.problem),
    ...span.warnings.map((warning) => h('p', { class: 'warning' }, warning)),
    log,
    section('Waited before its first step', waits.length, h('ul', { class: 'items' }, ...waitItems(waits, onShow))),
    section('Attributes', span.attributes.length, pairsTable(span.attributes)),
    section('Events', span.events.length, h('ol', { class: 'items' }, ...eventItems(span))),
    section('Links', span.links.length, h('ol', { class: 'items' }, ...linkItems(span))),
    h(
      'section',
      {},
      h(
        'div',
        { class: 'log-head' },
        h('h3', {}, 'Span'),
        span.spanId === '' ? undefined : copyButton('Copy id of the span', () => span.spanId, 'Copy id'),
      ),
      pairsTable(facts(span)),
    ),
    section('Resource', span.resource.length, pairsTable(span.resource)),
  );
}
