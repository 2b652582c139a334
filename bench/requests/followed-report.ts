import type { FollowedCost } from './followed.ts';

/** What a followed run of three tasks may cost at most, beside one Event: reads and writes of the API server. */
const FOLLOWED_LIMITS = { writes: 3, events: 1, reads: 0 } as const;

const EVENT = 'create events';
const MIB = 1024 * 1024;

interface Counts {
  reads: number;
  writes: number;
  events: number;
}

/** Watches are counted for no run: one serves all. */
function countsOf(requests: ReadonlyMap<string, number>): Counts {
  const counts = { reads: 0, writes: 0, events: 0 };
  for (const [kind, count] of requests)
    counts[kind === EVENT ? 'events' : /^(get|list) /.test(kind) ? 'reads' : 'writes'] += count;
  return counts;
}

/** What is over the limits, as sentences; also a run of which nothing was counted, because then something was not measured. */
export function problemsOfFollowed({ load, runs }: Pick<FollowedCost, 'load' | 'runs'>): string[] {
  return runs.map(countsOf).flatMap((counts, index) => {
    const name = `${load.name}-${index}`;
    const missing = counts.writes === 0 || counts.events === 0 ? [`${name}: no write or no Event counted`] : [];
    const over = (Object.keys(FOLLOWED_LIMITS) as (keyof Counts)[])
      .filter((what) => counts[what] > FOLLOWED_LIMITS[what])
      .map((what) => `${name}: ${counts[what]} ${what}, ${FOLLOWED_LIMITS[what]} are allowed`);
    return [...missing, ...over];
  });
}

function row(label: string, values: number[], limit?: number): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const cells = [String(Math.min(...values)), mean.toFixed(1), String(Math.max(...values)), String(limit ?? '')];
  return `  ${label.padEnd(34)}${cells.map((cell) => cell.padStart(7)).join('')}`;
}

/** The cost of a load as a table, one line a figure: least, mean and most of all runs, and the limit. */
export function reportFollowed({ load, runs, shared }: FollowedCost): string {
  const counts = runs.map(countsOf);
  const kinds = [...new Set(runs.flatMap((requests) => [...requests.keys()]))].sort();
  const figures = (Object.keys(FOLLOWED_LIMITS) as (keyof Counts)[]).map(
    (what) =>
    row(`${what} a run`, counts.map((one) => one[what]), FOLLOWED_LIMITS[what]), // prettier-ignore
  );
  const pace = load.everyMs === 0 ? 'all at once' : `one every ${load.everyMs} ms`;
  return [
    `${load.name}: ${load.runs} PipelineRuns of 3 tasks that upstream Tekton executes, ${pace}, ${load.webhook ? 'with' : 'without'} the webhook`,
    `  ${''.padEnd(34)}${['min', 'mean', 'max', 'limit'].map((head) => head.padStart(7)).join('')}`,
    ...figures,
    ...kinds.map((kind) => row(`  ${kind}`, runs.map((requests) => requests.get(kind) ?? 0))), // prettier-ignore
    `  requests of no run: ${[...shared].map(([kind, count]) => `${count} ${kind}`).join(', ')}`,
  ].join('\n');
}

/** One line: what the controller's process used for a thousand such runs, if all stay in the cluster. */
export function reportUse({ load, used }: FollowedCost): string {
  const thousand = 1000 / load.runs;
  const memory = (bytes: number): string => `${((bytes * thousand) / MIB).toFixed(0)} MiB`;
  const cpu = (used.cpuSeconds * thousand).toFixed(1);
  return `per 1000 runs (from ${load.runs}, all kept in the cluster): ${cpu} s of CPU, heap +${memory(used.heapBytes)}, RSS +${memory(used.rssBytes)}`;
}
