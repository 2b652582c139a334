import { formatDuration, parseDurationMs } from '../../shared/tekton/duration.ts';
import { DEFAULT_TIMEOUT_MS, timeoutsOf } from '../model/pipeline-run-timeouts.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';

/**
 * The timeout of a task's TaskRun: that of its taskRunSpec, else the pipeline task's, else the run's for its section, if that is 0 or longer than a
 * TaskRun's default.
 */
export const taskRunTimeout = traced(
  'taskRunTimeout',
  (run: PipelineRun, task: { own?: string; final: boolean; override?: string }): string | undefined => {
    const explicit = task.override ?? task.own;
    if (explicit !== undefined) return explicit;
    const { timeouts = {} } = run.spec;
    const written = parseDurationMs(task.final ? timeouts.finally : timeouts.tasks);
    const { tasksMs, finallyMs } = timeoutsOf(run);
    const limitMs = written === 0 ? 0 : task.final ? finallyMs : tasksMs;
    if (limitMs === undefined) return undefined;
    return limitMs === 0 || limitMs > DEFAULT_TIMEOUT_MS ? formatDuration(limitMs) : undefined;
  },
);
