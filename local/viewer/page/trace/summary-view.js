import { copyButton } from '../copy.js';
import { h } from '../dom.js';
import { slowestSteps, slowestTasks } from './slowest.js';

/** @typedef {import('../../page-view.ts').PageHead} PageHead */
/** @typedef {import('../../page-view.ts').PageRow} PageRow */

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

const TOLERATED_MEANING =
  'Failures that are not why the run ended: another attempt followed, or onError let it continue.';

/** What the failures have in common. @param {PageHead['summary']} summary */
function failureTerm({ failures }) {
  const all = (/** @type {string} */ result) => failures.every((failure) => failure.result === result);
  return all('cancellation') ? 'Cancelled' : all('timeout') ? 'Timed out' : 'Failed';
}

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

  const links = (/** @type {import('./slowest.js').Slow[]} */ rows) =>
    rows.map(({ id, name, text }) => link(id, name, text));

  /** @param {PageHead['summary']['failures'][number]} failure */
  const where = ({ task, attempt, step }) => [task, attempt, step].filter(Boolean).join(' › ') || 'run';
  /** @param {PageHead['summary']} summary */
  const failures = ({ failures: all }) =>
    shortened(
      all.map((failure) => {
        const item = link(failure.rowId, where(failure), failure.cause);
        item.setAttribute('data-result', failure.result);
        return item;
      }),
      MANY_FAILURES,
    );
  /** @param {PageHead['summary']} summary */
  const tolerated = ({ tolerated: all }) =>
    shortened(
      all.map((failure) => link(failure.rowId, where(failure), `${failure.cause} (${failure.how})`)),
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
  /** The tasks of each reason: a failure may skip all the others. @param {PageHead['summary']} summary */
  const skipped = ({ skipped: all }) => {
    const reasons = [...new Set(all.map(({ reason }) => reason))];
    return reasons.map((reason) => {
      const tasks = all.filter((one) => one.reason === reason);
      const names = tasks.map(({ rowId, task }) => (rowId === undefined ? h('span', {}, task) : link(rowId, task)));
      return h('span', { class: 'item group' }, ...shortened(names, MANY_SKIPPED), h('span', {}, reason));
    });
  };
  /** @param {PageHead['summary']} summary */
  const toCome = (summary) =>
    shortened(
      summary.toCome.map((task) => h('span', { class: 'item' }, task)),
      MANY_TO_COME,
    );

  /** Replaces the lines. The link that has the focus keeps it. @param {HTMLElement[]} lines */
  const replace = (lines) => {
    const linksOf = () => /** @type {HTMLElement[]} */ ([...element.querySelectorAll('button')]);
    const active = linksOf().find((button) => button === document.activeElement);
    const same = (/** @type {HTMLElement} */ button) => button.textContent === active?.textContent;
    const nth = linksOf()
      .filter(same)
      .indexOf(/** @type {HTMLElement} */ (active));
    element.replaceChildren(...lines);
    if (active) linksOf().filter(same)[nth]?.focus({ preventScroll: true });
  };

  let drawn = '';
  return {
    element,
    /** @param {PageHead} head @param {readonly PageRow[]} rows @param {number} nowMs after the trace's start */
    draw(head, rows, nowMs) {
      const { summary } = head;
      const [tasks, steps] = [slowestTasks(rows, nowMs), slowestSteps(rows, nowMs)];
      const text = JSON.stringify([summary, head.finished, head.controller, head.functions, tasks, steps]);
      if (text === drawn) return;
      drawn = text;
      const waits = summary.waits.totalMs > 0 ? [summary.waits.text] : [];
      replace([
        ...line(failureTerm(summary), 'failure', undefined, failures(summary)),
        ...line('Went on after', 'tolerated', TOLERATED_MEANING, tolerated(summary)),
        ...line('Critical path', 'path', PATH_MEANING, path(head)),
        ...line('Slowest tasks', 'slowest', 'With their waits.', links(tasks)),
        ...line('Slowest steps', 'slowest-steps', undefined, links(steps)),
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
      ]);
    },
  };
}
