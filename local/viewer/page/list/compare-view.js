import { ApiError, ask } from '../api.js';
import { formatTime, h, resultOf, resultPill } from '../dom.js';

/** @typedef {import('../../compare.ts').Comparison} Comparison */
/** @typedef {import('../../compare.ts').ComparedRow} ComparedRow */
/** @typedef {import('../../compare.ts').ComparedRun} ComparedRun */
/** @typedef {import('../../compare.ts').ComparedSide} ComparedSide */

/**
 * @param {string} label
 * @param {ComparedRun} run
 */
function runCard(label, run) {
  return h(
    'section',
    { class: 'compared-run', 'aria-label': label },
    h('p', { class: 'muted' }, label),
    h('h2', {}, h('a', { href: `/trace/${run.traceId}` }, run.name)),
    h(
      'p',
      { class: 'facts' },
      resultPill(run.result),
      h('strong', {}, run.finished ? run.durationText : `${run.durationText} so far`),
      h('time', { class: 'muted', datetime: new Date(run.startUnixMs).toISOString() }, formatTime(run.startUnixMs)),
    ),
    run.problem === undefined
      ? undefined
      : h('p', { class: 'card-problem', 'data-result': run.result, title: run.problem }, run.problem),
  );
}

/** @param {ComparedSide | undefined} side */
function sideCell(side) {
  if (!side) return h('td', { class: 'number muted' }, '–');
  const { mark, label } = resultOf(side.result);
  const isPlain = ['success', 'none', 'skip'].includes(side.result);
  return h(
    'td',
    { class: 'number' },
    isPlain
      ? undefined
      : h('span', { class: 'mark', 'data-result': side.result, title: label, role: 'img', 'aria-label': label }, mark),
    side.result === 'skip' ? 'skipped' : side.durationText,
    side.times > 1 ? h('span', { class: 'muted' }, ` ×${side.times}`) : undefined,
  );
}

/**
 * A bar from the middle: to the right for slower, to the left for faster.
 * @param {ComparedRow} row
 * @param {number} mostMs
 */
function bar({ differenceMs }, mostMs) {
  const fill = h('span', {});
  const share = Math.min(1, Math.abs(differenceMs) / mostMs) * 50;
  fill.style.width = `${share}%`;
  fill.style.left = `${differenceMs < 0 ? 50 - share : 50}%`;
  return h('td', { class: 'difference-bar', 'aria-hidden': 'true' }, h('div', {}, fill));
}

/**
 * @param {ComparedRow} row
 * @param {number} mostMs
 */
function tableRow(row, mostMs) {
  const isBelow = row.kind !== 'task' && row.task !== undefined;
  return h(
    'tr',
    { 'data-kind': row.kind, 'data-change': row.change },
    h('th', { scope: 'row', class: isBelow ? 'below' : false, title: row.name }, row.name),
    sideCell(row.before),
    sideCell(row.after),
    h('td', { class: 'number difference' }, row.differenceText),
    bar(row, mostMs),
  );
}

/**
 * @param {ComparedRow[]} rows
 * @param {number} mostMs
 */
function table(rows, mostMs) {
  const heads = ['', 'before', 'after', 'difference'].map((text) =>
    h(
      'th',
      { scope: 'col', class: text === '' ? false : 'number' },
      text || h('span', { class: 'visually-hidden' }, 'task'),
    ),
  );
  return h(
    'table',
    { class: 'compared' },
    h('thead', {}, h('tr', {}, ...heads, h('td', { class: 'difference-bar' }))),
    h('tbody', {}, ...rows.map((row) => tableRow(row, mostMs))),
  );
}

/** @param {Comparison} comparison */
function verdict({ change, differenceText, before, after, caveats }) {
  // Of a run that goes on, nobody knows how long it takes.
  if (caveats.length > 0 && (before.traceId === after.traceId || !before.finished || !after.finished)) return undefined;
  const share =
    before.durationMs > 0 ? Math.round((100 * Math.abs(after.durationMs - before.durationMs)) / before.durationMs) : 0;
  if (change === 'same')
    return h(
      'p',
      { class: 'verdict' },
      `Both took about the same time (${differenceText === '=' ? 'no difference' : differenceText}).`,
    );
  return h(
    'p',
    { class: 'verdict', 'data-change': change },
    h('strong', { class: 'difference' }, differenceText),
    ` ${change}${share > 0 ? `, ${share} %` : ''}`,
  );
}

/**
 * The page that compares two runs.
 * @param {string} before trace id
 * @param {string} after trace id
 */
export function createCompareView(before, after) {
  const content = h('div', {});
  const empty = h('p', { class: 'empty' }, 'Loading…');
  const element = h(
    'main',
    { class: 'compare' },
    h('nav', {}, h('a', { href: '/' }, '← All traces')),
    h(
      'div',
      { class: 'top' },
      h('h1', {}, 'Two runs compared'),
      h('div', { class: 'tools' }, h('a', { class: 'button', href: `/compare/${after}/${before}` }, 'Swap')),
    ),
    empty,
    content,
  );
  document.title = 'Two runs compared · Tektrace';
  let drawn = '';

  const draw = (/** @type {Comparison} */ comparison) => {
    const { groups, notable } = comparison;
    const rowsOf = (/** @type {typeof groups} */ some) => some.flatMap(({ rows }) => rows);
    const mostMs = Math.max(1, ...rowsOf(groups).map(({ differenceMs }) => Math.abs(differenceMs)));
    const changed = groups.filter(({ isChanged }) => isChanged);
    const same = groups.filter(({ isChanged }) => !isChanged);
    const wasOpen = content.querySelector('details')?.open === true;
    content.replaceChildren(
      h('div', { class: 'compared-runs' }, runCard('before', comparison.before), runCard('after', comparison.after)),
      ...comparison.caveats.map((text) => h('p', { class: 'verdict' }, text)),
      ...[verdict(comparison)].filter((part) => part !== undefined),
      ...(changed.length > 0 ? [table(rowsOf(changed), mostMs)] : []),
      ...(same.length > 0
        ? [
            h(
              'details',
              { open: wasOpen || changed.length === 0 },
              h(
                'summary',
                {},
                `${same.length} without a notable difference (less than ${notable.ms} ms, or than ${notable.percent} %)`,
              ),
              table(rowsOf(same), mostMs),
            ),
          ]
        : []),
    );
  };

  return {
    element,
    async refresh() {
      try {
        const text = await (await ask(`/api/compare/${before}/${after}`)).text();
        empty.hidden = true;
        if (text !== drawn) draw(JSON.parse(text));
        drawn = text;
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
        empty.textContent = error.message;
        empty.hidden = false;
      }
    },
  };
}
