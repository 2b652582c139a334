/** @typedef {import('../../../tracestore/views/trace-summary.ts').TraceSummary} TraceSummary */

/**
 * What of the list is shown; everything by default. It is in the address, so that a reload, a bookmark and Back keep it.
 * @typedef {{text: string, pipeline: string, result: string, within: string}} Filter
 */

const HOUR_MS = 3_600_000;

/** @type {Record<string, {label: string, ms: number}>} */
export const TIMES = {
  '1h': { label: 'last hour', ms: HOUR_MS },
  '24h': { label: 'last 24 hours', ms: 24 * HOUR_MS },
  '7d': { label: 'last 7 days', ms: 7 * 24 * HOUR_MS },
};

/** @type {Record<string, {label: string, results: string[]}>} */
export const OUTCOMES = {
  failed: { label: 'failed', results: ['failure', 'error', 'timeout'] },
  success: { label: 'succeeded', results: ['success'] },
  cancelled: { label: 'cancelled', results: ['cancellation'] },
  running: { label: 'running', results: ['running'] },
};

/** @type {[keyof Filter, string][]} */
const PARAMETERS = [
  ['text', 'q'],
  ['pipeline', 'pipeline'],
  ['result', 'result'],
  ['within', 'within'],
];

/**
 * The filter of an address; values that are none count as absent.
 * @param {string} search `location.search`
 * @returns {Filter}
 */
export function readFilter(search) {
  const query = new URLSearchParams(search);
  const known = (/** @type {string} */ name, /** @type {object} */ values) => {
    const value = query.get(name) ?? '';
    return Object.hasOwn(values, value) ? value : '';
  };
  return {
    text: query.get('q') ?? '',
    pipeline: query.get('pipeline') ?? '',
    result: known('result', OUTCOMES),
    within: known('within', TIMES),
  };
}

/**
 * The address's part for a filter: empty, or `?q=…`.
 * @param {Filter} filter
 */
export function filterQuery(filter) {
  const query = new URLSearchParams();
  for (const [key, name] of PARAMETERS) if (filter[key] !== '') query.set(name, filter[key]);
  return query.size > 0 ? `?${query}` : '';
}

/**
 * What a trace is a run of. Before its end that is known by its name only: a run is called like its pipeline, with a suffix.
 * @param {TraceSummary} trace
 * @param {Iterable<string>} pipelines known ones
 * @returns {string | undefined}
 */
export function pipelineOf(trace, pipelines) {
  if (trace.pipeline !== undefined || trace.runName === undefined) return trace.pipeline;
  const { runName } = trace;
  const named = [...pipelines].filter((name) => runName === name || runName.startsWith(`${name}-`));
  return named.toSorted((a, b) => b.length - a.length)[0];
}

/**
 * @param {TraceSummary} trace
 * @param {string | undefined} pipeline what it is a run of
 * @param {Filter} filter
 * @param {number} nowMs
 */
export function matches(trace, pipeline, filter, nowMs) {
  const { runName = '', title, namespace = '', problem = '', id, result, startUnixMs } = trace;
  if (filter.pipeline !== '' && pipeline !== filter.pipeline) return false;
  if (filter.result !== '' && !OUTCOMES[filter.result]?.results.includes(result)) return false;
  const within = TIMES[filter.within];
  if (within && startUnixMs < nowMs - within.ms) return false;
  const text = [runName, title, pipeline ?? '', namespace, problem, id].join('\n').toLowerCase();
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => text.includes(word));
}
