import { copyButton } from '../copy.js';
import { h } from '../dom.js';

/** @typedef {import('../../page-view.ts').PageHead} PageHead */
/** @typedef {import('../../page-view.ts').PageRow} PageRow */

const SLOWEST_TASKS = 3;
const MANY_FAILURES = 4;
const MANY_SKIPPED = 6;
const MANY_RESULTS = 8;
const MANY_TO_COME = 6;

/** What the terms of the summary mean: `chainOf` in local/viewer/summary/critical-path.ts, and waits.ts beside it. */
const PATH_MEANING =
  'The tasks that decided when the run ended: the last to end, before it the last to end of those that it depends on, and so on. ' +
  'Before a task in finally, and where the trace has no graph of the Pipeline: the last to end before it started.';
const WAITS_MEANING =
  'The waits on the critical path. Each moment counts once, and none in which a step of that task ran; waits of other tasks do not count.';

/**
 * A line of the summary.
 * @param {string} term
 * @param {string} kind
 * @param {string | undefined} meaning
 * @param {(Node | string)[]} content
 */
function line(term, kind, meaning, content) {
  const title = h('dt', { title: meaning }, term);
  return content.length === 0 ? [] : [title, h('dd', { 'data-line': kind }, ...content)];
}

/**
 * @param {readonly Node[]} items
 * @param {number} count how many of them are shown
 */
function shortened(items, count) {
  const rest = items.length - count;
  return rest > 0 ? [...items.slice(0, count), h('span', { class: 'muted' }, `and ${rest} more`)] : [...items];
}

/**
 * The answers to what a person asks first, each with links into the rows.
 * @param {{onShow: (id: string) => void, onFunctions: () => void}} handlers
 */
export function createSummary({ onShow, onFunctions }) {
  const element = h('dl', { class: 'summary', 'aria-label': 'Summary' });
  const link = (/** @type {string} */ rowId, /** @type {string} */ text, /** @type {string} */ more = '') =>
    h(
      'span',
      { class: 'item' },
      h('button', { type: 'button', class: 'link', click: () => onShow(rowId) }, text),
      more === '' ? undefined : ` ${more}`,
    );

  /** @param {PageHead['summary']} summary */
  const failures = ({ failures: all }) =>
    shortened(
      all.map(({ rowId, task, step, cause }) => {
        const where = [task, step].filter(Boolean).join(' › ');
        return link(rowId, where || cause, where ? cause : '');
      }),
      MANY_FAILURES,
    );
  /** @param {PageHead} head */
  const path = ({ finished, summary: { criticalPath, durationText } }) => {
    if (!criticalPath) return [];
    const { parts, longest } = criticalPath;
    const named = (/** @type {typeof parts[number]} */ part) => {
      if (typeof part === 'number') return h('span', { class: 'muted' }, `… ${part} more`);
      const { rowId, task, longestStep } = part;
      if (rowId !== longest) return link(rowId, task);
      const long = longestStep ?? part;
      const name = longestStep ? `${task} › ${longestStep.step}` : task;
      return link(long.rowId, name, finished ? `(${long.durationText} of ${durationText})` : '');
    };
    return parts.flatMap((part, index) => [
      ...(index > 0 ? [h('span', { class: 'arrow', 'aria-label': 'then' }, '→')] : []),
      named(part),
    ]);
  };
  /** @param {readonly PageRow[]} rows @param {number} nowMs */
  const slowest = (rows, nowMs) => {
    const length = (/** @type {PageRow} */ row) => (row.isRunning ? nowMs - row.offsetMs : row.durationMs);
    return rows
      .filter(({ category, result }) => (category === 'task' || category === 'custom') && result !== 'skip')
      .toSorted((a, b) => length(b) - length(a))
      .slice(0, SLOWEST_TASKS)
      .map(({ id, name, isRunning, durationText }) =>
        link(id, name.replace(/^(task|custom) /, ''), isRunning ? 'goes on' : durationText),
      );
  };
  /** @param {PageHead} head */
  const controllers = ({ controller, functions }) => {
    if (controller.count === 0) return [];
    const errors = controller.errors > 0 ? `, ${controller.errors} with an error` : '';
    return [
      ...functions.map(({ name, count, selfText, maxSelfText }) =>
        h(
          'span',
          { class: 'item' },
          h('button', { type: 'button', class: 'link', click: onFunctions }, name),
          ` ${selfText} in ${count} ${count === 1 ? 'call' : `calls, at most ${maxSelfText}`}`,
        ),
      ),
      h('span', { class: 'muted' }, `of ${controller.count} functions and requests${errors}`),
    ];
  };
  /** @param {PageHead['summary']} summary */
  const results = (summary) =>
    shortened(
      summary.results.map(({ name, value }) =>
        h(
          'span',
          { class: 'item result' },
          h('code', {}, `${name} = ${value.length > 120 ? `${value.slice(0, 120)}…` : value}`),
          copyButton(`Copy the result ${name}`, () => value),
        ),
      ),
      MANY_RESULTS,
    );
  /** @param {PageHead['summary']} summary */
  const skipped = ({ skipped: all }) =>
    shortened(
      all.map(({ rowId, task, reason }) =>
        rowId === undefined ? h('span', { class: 'item' }, `${task}: ${reason}`) : link(rowId, task, reason),
      ),
      MANY_SKIPPED,
    );
  /** @param {PageHead['summary']} summary */
  const toCome = (summary) =>
    shortened(
      summary.toCome.map((task) => h('span', { class: 'item' }, task)),
      MANY_TO_COME,
    );

  let drawn = '';
  return {
    element,
    /** @param {PageHead} head @param {readonly PageRow[]} rows @param {number} nowMs after the trace's start */
    draw(head, rows, nowMs) {
      const { summary } = head;
      const tasks = slowest(rows, nowMs);
      const text = JSON.stringify([
        summary,
        head.finished,
        head.controller,
        head.functions,
        tasks.map(({ textContent }) => textContent),
      ]);
      if (text === drawn) return;
      drawn = text;
      const waits = summary.waits.totalMs > 0 ? [summary.waits.text] : [];
      element.replaceChildren(
        ...line('Failed', 'failure', undefined, failures(summary)),
        ...line('Critical path', 'path', PATH_MEANING, path(head)),
        ...line('Slowest tasks', 'slowest', undefined, tasks),
        ...line('Waited', 'waits', WAITS_MEANING, waits),
        ...line(
          'Controllers',
          'controllers',
          'What took longest by itself, without the functions and requests below it.',
          controllers(head),
        ),
        ...line('To come', 'to-come', 'Tasks that were neither started nor skipped yet.', toCome(summary)),
        ...line('Results', 'results', undefined, results(summary)),
        ...line('Skipped', 'skipped', undefined, skipped(summary)),
      );
    },
  };
}
