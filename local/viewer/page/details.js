import { formatTime, h, resultPill } from './dom.js';

/** @typedef {import('../row.ts').WaterfallRow} Row */
/** @typedef {import('../waterfall.ts').Waterfall} Waterfall */

/** @param {number} ms */
function offset(ms) {
  return `+${(ms / 1000).toFixed(3)} s`;
}

/**
 * @param {[string, string][]} pairs
 * @returns {HTMLElement}
 */
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

/**
 * What is known of one span.
 * @param {Row} row
 * @param {Waterfall} waterfall
 * @param {() => void} onClose
 * @returns {HTMLElement}
 */
export function spanDetails(row, waterfall, onClose) {
  const events = row.events.map((event) =>
    h('li', {}, h('p', {}, h('time', {}, offset(event.offsetMs)), ' ', event.name), pairsTable(event.attributes)),
  );
  const links = row.links.map((link) =>
    h(
      'li',
      {},
      h('p', {}, h('a', { href: `/trace/${link.traceId}` }, `trace ${link.traceId}`), ` span ${link.spanId}`),
      pairsTable(link.attributes),
    ),
  );
  const close = h('button', { type: 'button', class: 'close', 'aria-label': 'Close details', click: onClose }, '×');
  return h(
    'aside',
    { class: 'details', 'aria-label': `Details of ${row.name}` },
    h('header', {}, h('h2', {}, row.name), close),
    h(
      'p',
      { class: 'lead' },
      ...(row.result === 'none' ? [] : [resultPill(row.result)]),
      h('span', {}, row.durationText),
      h('span', { class: 'muted' }, offset(row.offsetMs)),
      h('span', { class: 'muted' }, formatTime(waterfall.startUnixMs + row.offsetMs)),
    ),
    row.problem === undefined ? undefined : h('p', { class: 'problem' }, row.problem),
    ...row.warnings.map((warning) => h('p', { class: 'warning' }, warning)),
    section('Attributes', row.attributes.length, pairsTable(row.attributes)),
    section('Events', row.events.length, h('ol', { class: 'items' }, ...events)),
    section('Links', row.links.length, h('ol', { class: 'items' }, ...links)),
    section('Span', facts(row).length, pairsTable(facts(row))),
    section('Resource', row.resource.length, pairsTable(row.resource)),
  );
}
