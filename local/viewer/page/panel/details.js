import { copyButton } from '../copy.js';
import { formatTime, h, resultOf, resultPill, visible } from '../dom.js';
import { elapsedText } from '../time.js';

/** @typedef {import('../../row.ts').WaterfallRow} Row */
/** @typedef {import('../../page-view.ts').PageRow} PageRow */

/** @param {number} ms */
function offset(ms) {
  return `+${(ms / 1000).toFixed(3)} s`;
}

/** Of more items, or a longer value, the panel shows the beginning: the browser would stand still, and nobody reads so much here. */
const MAX_ITEMS = 200;
const MAX_VALUE = 20_000;

/** @param {string} value */
function valueText(value) {
  if (value === '') return '""';
  const rest = value.length - MAX_VALUE;
  if (rest <= 0) return visible(value);
  return `${visible(value.slice(0, MAX_VALUE))}… and ${rest} more characters, which are in the OTLP JSON`;
}

/** @param {number} count how many items there are */
const notShown = (count) =>
  count > MAX_ITEMS ? h('p', { class: 'muted' }, `${count - MAX_ITEMS} more are in the OTLP JSON.`) : undefined;

/** @param {[string, string][]} pairs */
function pairsTable(pairs) {
  return h(
    'dl',
    { class: 'pairs' },
    ...pairs.slice(0, MAX_ITEMS).flatMap(([key, value]) => [h('dt', {}, visible(key)), h('dd', {}, valueText(value))]),
  );
}

/**
 * @param {string} title
 * @param {number} count
 * @param {...Node} content
 */
function section(title, count, ...content) {
  return count === 0 ? undefined : h('section', {}, h('h3', {}, title), ...content, notShown(count));
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
  row.events
    .slice(0, MAX_ITEMS)
    .map((event) =>
      h(
        'li',
        {},
        h('p', {}, h('time', {}, offset(event.offsetMs)), ' ', visible(event.name)),
        pairsTable(event.attributes),
      ),
    );

/** @param {Row} row */
const linkItems = (row) =>
  row.links
    .slice(0, MAX_ITEMS)
    .map((link) =>
      h(
        'li',
        {},
        h('p', {}, h('a', { href: `/trace/${link.traceId}` }, `trace ${link.traceId}`), ` span ${link.spanId}`),
        pairsTable(link.attributes),
      ),
    );

/** @param {Node} name @param {string} text */
const timeItem = (name, text) => h('li', { class: 'time-item' }, name, h('span', { class: 'number' }, text));

/** Rows as links with their times. @param {PageRow[]} rows @param {(id: string) => void} onShow */
const rowItems = (rows, onShow) =>
  rows.map(({ id, name, result, isRunning, durationText }) => {
    const { mark, label } = resultOf(result);
    const sign = h('span', { class: 'mark', 'data-result': result, role: 'img', 'aria-label': label }, mark);
    const link = h('button', { type: 'button', class: 'link', click: () => onShow(id) }, name);
    const plain = result === 'success' || result === 'none' || isRunning;
    const text = isRunning ? 'goes on' : result === 'skip' ? 'skipped' : durationText;
    return timeItem(plain ? link : h('span', {}, sign, link), text);
  });

/** What stopped a row wrote its exit code, too. */
const STOPPED = ['timeout', 'cancellation'];

/** Before the details have come, there is only what the waterfall has. @type {Row} */
export const NO_DETAILS = {
  ...{ id: '', parent: -1, depth: 0, name: '', category: 'other', result: 'none', offsetMs: 0, durationMs: 0 },
  ...{ durationText: '', isOrigin: false, fromStep: false, warnings: [], spanId: '', service: '', scope: '', kind: '' },
  ...{ status: { code: '' }, attributes: [], resource: [], events: [], links: [] },
};

/** @param {PageRow[]} steps */
function stepsTitle(steps) {
  if (steps[0]?.category === 'attempt') return 'Attempts';
  return steps.some(({ category }) => category === 'sidecar') ? 'Steps and sidecars' : 'Steps';
}

/** How long a row took, or has been running; '' if it was skipped. @param {PageRow} row @param {number} nowMs after the trace's start */
export function tookText(row, nowMs) {
  if (row.result === 'skip') return '';
  return row.isRunning ? `for ${elapsedText(nowMs - row.offsetMs)}` : row.durationText;
}

/**
 * What is known of one row.
 * @param {object} shown
 * @param {import('../../../tracestore/api/waterfall-api.ts').RowDetails} shown.details
 * @param {PageRow} shown.row as the waterfall has it
 * @param {number} shown.startUnixMs
 * @param {PageRow[]} shown.waits the waits and init containers that are part of its bar
 * @param {string} shown.tail how long it went on after its last step; '' if not at all
 * @param {PageRow[]} shown.steps the steps, sidecars and attempts of a task
 * @param {number} shown.nowMs after the trace's start
 * @param {HTMLElement | undefined} shown.log
 * @param {() => void} shown.onClose
 * @param {(id: string) => void} shown.onShow
 * @returns {HTMLElement}
 */
export function rowDetails({ details: { row: span }, row, startUnixMs, nowMs, waits, tail, steps, log, ...handlers }) {
  const { onClose, onShow } = handlers;
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
      ...(exitCode === undefined || STOPPED.includes(row.result) ? [] : [h('strong', {}, `exit ${exitCode}`)]),
      ...(tookText(row, nowMs) === '' ? [] : [h('span', { class: 'took' }, tookText(row, nowMs))]),
      h('span', { class: 'muted' }, `${(row.offsetMs / 1000).toFixed(3)} s after the start`),
      h('span', { class: 'muted' }, formatTime(startUnixMs + row.offsetMs)),
    ),
    row.problem === undefined ? undefined : h('p', { class: 'problem' }, row.problem),
    ...span.warnings.map((warning) => h('p', { class: 'warning' }, warning)),
    log,
    section(stepsTitle(steps), steps.length, h('ul', { class: 'items' }, ...rowItems(steps, onShow))),
    section(
      'Waits',
      waits.length + tail.length,
      h(
        'ul',
        { class: 'items' },
        ...rowItems(waits, onShow),
        ...(tail === '' ? [] : [timeItem(h('span', {}, 'after its last step'), tail)]),
      ),
    ),
    section('Attributes', span.attributes.length, pairsTable(span.attributes)),
    section('Events', span.events.length, h('ol', { class: 'items' }, ...eventItems(span))),
    section('Links', span.links.length, h('ol', { class: 'items' }, ...linkItems(span))),
    facts(span).length === 0
      ? undefined
      : h(
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
