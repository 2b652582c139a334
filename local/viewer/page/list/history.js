import { h, resultOf } from '../dom.js';
import { pipelineOf } from './list-filter.js';
import { agoText } from '../time.js';

/** @typedef {import('../../../tracestore/views/trace-summary.ts').TraceSummary} TraceSummary */

/** @typedef {{name: string, label: string, runs: TraceSummary[], median: string | undefined, count: number}} PipelineHistory */

const RUNS = 10;

/**
 * The last ten runs of each pipeline, oldest first; the pipeline that ran last comes first. Pipelines of the same name in different namespaces are not the
 * same.
 * @param {TraceSummary[]} traces
 * @returns {PipelineHistory[]}
 */
export function histories(traces) {
  const names = new Set(traces.flatMap(({ pipeline }) => pipeline ?? []));
  /** Of each name, the runs by namespace. @type {Map<string, Map<string, TraceSummary[]>>} */
  const groups = new Map();
  for (const trace of traces.toSorted((a, b) => a.startUnixMs - b.startUnixMs)) {
    const name = pipelineOf(trace, names);
    if (name === undefined) continue;
    const spaces = groups.get(name) ?? new Map();
    const runs = spaces.get(trace.namespace ?? '') ?? [];
    groups.set(name, spaces.set(trace.namespace ?? '', runs));
    runs.push(trace);
  }
  return [...groups]
    .flatMap(([name, spaces]) =>
      [...spaces].map(([namespace, all]) => {
        const runs = all.slice(-RUNS);
        const ended = runs.filter(({ finished }) => finished).toSorted((a, b) => a.durationMs - b.durationMs);
        // The lower of two middle ones.
        const median = ended[Math.ceil(ended.length / 2) - 1]?.durationText;
        const label = spaces.size > 1 && namespace !== '' ? `${name} in ${namespace}` : name;
        return { name, label, runs, median, count: all.length };
      }),
    )
    .toSorted((a, b) => (b.runs.at(-1)?.startUnixMs ?? 0) - (a.runs.at(-1)?.startUnixMs ?? 0));
}

/**
 * One run as a small bar: its height is the duration, its colour the result; a screen reader gets both as text.
 * @param {TraceSummary} run
 * @param {number} mostMs
 * @param {number} nowMs
 */
function bar(run, mostMs, nowMs) {
  const { mark, label } = resultOf(run.result);
  const name = run.runName ?? run.title;
  const length = run.finished ? run.durationText : 'so far';
  const text = `${label || 'no result'}, ${length}, ${agoText(nowMs - run.startUnixMs)}: ${name}`;
  const link = h('a', { href: `/trace/${run.id}`, 'aria-label': text, title: `${mark} ${text}`.trim() }, h('span', {}));
  const fill = /** @type {HTMLElement} */ (link.firstChild);
  const ms = run.finished ? run.durationMs : Math.max(run.durationMs, nowMs - run.startUnixMs);
  fill.style.height = `${Math.max(8, Math.min(100, (100 * ms) / mostMs))}%`;
  return h('li', { 'data-result': run.result }, link);
}

/**
 * The card of a pipeline.
 * @param {PipelineHistory} history
 * @param {{pressed: boolean, nowMs: number, onPress: () => void}} options
 */
export function historyCard({ label, runs, median, count }, { pressed, nowMs, onPress }) {
  const ended = runs.filter(({ finished }) => finished);
  const mostMs = Math.max(1, ...ended.map(({ durationMs }) => durationMs));
  const [before, last] = ended.slice(-2);
  const facts = [count === 1 ? '1 run' : `${count} runs`, median === undefined ? undefined : `median ${median}`].filter(
    (fact) => fact !== undefined,
  );
  return h(
    'section',
    { class: 'history', 'aria-label': `Last runs of ${label}` },
    h(
      'button',
      { type: 'button', class: 'history-name', 'aria-pressed': String(pressed), title: label, click: onPress },
      label,
    ),
    h('ol', { class: 'bars' }, ...runs.map((run) => bar(run, mostMs, nowMs))),
    h(
      'footer',
      { class: 'muted' },
      h('span', {}, facts.join(' · ')),
      before && last
        ? h(
            'a',
            { href: `/compare/${before.id}/${last.id}`, 'aria-label': `compare last two runs of ${label}` },
            'compare last two',
          )
        : undefined,
    ),
  );
}
