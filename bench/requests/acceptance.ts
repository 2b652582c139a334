import type { LoadCost, RunCost } from './measure.ts';

/** What a run of three tasks may cost at most. */
export const LIMITS = { requests: 24, pipelineRunReconciles: 8, taskRunReconciles: 6 } as const;

/**
 * Upstream Tekton v1.15.0 (controller as a process, kube-apiserver 1.36, one-step tasks), measured once by this project with its own metrics:
 * from a burst of 200 runs to runs that are alone. Its reconciles are keys from its work queues; those of TaskRuns are of one TaskRun in the
 * burst, of the three together in runs that are alone.
 */
export const UPSTREAM = {
  version: 'v1.15.0',
  requests: { burst: 42, unloaded: 70 },
  pipelineRunReconciles: { burst: 13, unloaded: 24 },
  taskRunReconciles: { burst: 3, unloaded: 20 },
} as const;

/** What of a run's cost is over its limit, as sentences; also a run of which nothing was counted, because then something was not measured. */
export function problemsOf({ name, total, pipelineRunReconciles, taskRunReconciles }: RunCost): string[] {
  const problems: string[] = [];
  const check = (what: string, value: number, limit: number): void => {
    if (value === 0) problems.push(`${name}: no ${what} counted`);
    if (value > limit) problems.push(`${name}: ${value} ${what}, ${limit} are allowed`);
  };
  check('API requests', total, LIMITS.requests);
  check('PipelineRun reconciles', pipelineRunReconciles, LIMITS.pipelineRunReconciles);
  for (const reconciles of taskRunReconciles) check('reconciles of a TaskRun', reconciles, LIMITS.taskRunReconciles);
  return problems;
}

/** The same of all runs, and of what came out of the work queues on average. */
export function problemsOfLoad({ load, runs, looks }: LoadCost): string[] {
  const problems = runs.flatMap(problemsOf);
  const check = (what: string, mean: number, limit: number): void => {
    if (!(mean > 0 && mean <= limit)) problems.push(`${load.name}: ${mean.toFixed(1)} ${what}, ${limit} are allowed`);
  };
  check('keys a PipelineRun from the queue', looks.pipelineRun / runs.length, LIMITS.pipelineRunReconciles);
  const taskRuns = runs.flatMap(({ taskRunReconciles }) => taskRunReconciles).length;
  check('keys a TaskRun from the queue', looks.taskRun / taskRuns, LIMITS.taskRunReconciles);
  return problems;
}
