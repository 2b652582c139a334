import { LIMITS, UPSTREAM } from './acceptance.ts';
import type { LoadCost } from './measure.ts';

const mean = (values: number[]): string => (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(1);

function row(label: string, values: number[], limit: number | undefined, upstream: string): string {
  const cells = [String(Math.min(...values)), mean(values), String(Math.max(...values)), String(limit ?? '')];
  return `  ${label.padEnd(34)}${cells.map((cell) => cell.padStart(7)).join('')}  ${upstream}`;
}

const range = ({ burst, unloaded }: { burst: number; unloaded: number }): string => `${burst} to ${unloaded}`;

/** The costs of a load as a table, one line a figure: least, mean and most of all runs, the limit, and upstream's. */
export function report({ load, runs, shared, looks }: LoadCost): string {
  const taskRuns = runs.flatMap(({ taskRunReconciles }) => taskRunReconciles);
  const queued = (count: number, objects: number): string => (count / objects).toFixed(1);
  const pace = load.everyMs === 0 ? 'all at once' : `one every ${load.everyMs} ms`;
  const kinds = [...new Set(runs.flatMap(({ requests }) => [...requests.keys()]))].sort();
  return [
    `${load.name}: ${load.runs} PipelineRuns of 3 tasks, ${pace}`,
    `  ${''.padEnd(34)}${['min', 'mean', 'max', 'limit'].map((head) => head.padStart(7)).join('')}  upstream ${UPSTREAM.version}`,
    row(
      'API requests a run',
      runs.map(({ total }) => total),
      LIMITS.requests,
      range(UPSTREAM.requests),
    ),
    ...kinds.map((kind) =>
      row(
        `  ${kind}`,
        runs.map(({ requests }) => requests.get(kind) ?? 0),
        undefined,
        '',
      ),
    ),
    row(
      'reconciles of the PipelineRun',
      runs.map(({ pipelineRunReconciles }) => pipelineRunReconciles),
      LIMITS.pipelineRunReconciles,
      range(UPSTREAM.pipelineRunReconciles),
    ),
    row('reconciles of a TaskRun', taskRuns, LIMITS.taskRunReconciles, range(UPSTREAM.taskRunReconciles)),
    `  keys from the work queues, those with nothing to do included (mean): ${queued(looks.pipelineRun, runs.length)} a PipelineRun, ${queued(looks.taskRun, taskRuns.length)} a TaskRun`,
    `  requests of no run: ${[...shared].map(([kind, count]) => `${count} ${kind}`).join(', ')}`,
  ].join('\n');
}
