import { parseDurationMs } from '../../shared/tekton/duration.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';

/** Upstream's default-timeout-minutes. */
export const DEFAULT_TIMEOUT_MS = 60 * 60_000;

/** The run's limits in milliseconds; undefined where there is none. */
export interface Timeouts {
  pipelineMs?: number;
  tasksMs?: number;
  finallyMs?: number;
}

export interface TimedOut {
  pipeline: boolean;
  tasks: boolean;
  finally: boolean;
}

/** `timeouts`, with the missing one of tasks and finally as what the other leaves of the pipeline's; 0 is no limit. */
export function timeoutsOf({ spec }: PipelineRun): Timeouts {
  const pipeline = parseDurationMs(spec.timeouts?.pipeline);
  const tasks = parseDurationMs(spec.timeouts?.tasks);
  const finals = parseDurationMs(spec.timeouts?.finally);
  return {
    pipelineMs: (pipeline ?? DEFAULT_TIMEOUT_MS) || undefined,
    tasksMs: (tasks ?? remainder(pipeline, finals)) || undefined,
    finallyMs: (finals ?? remainder(pipeline, tasks)) || undefined,
  };
}

/** What one section leaves of the pipeline's time, where both have a limit. */
function remainder(wholeMs: number | undefined, partMs: number | undefined): number | undefined {
  return wholeMs && partMs ? wholeMs - partMs : undefined;
}

/** Which limits the run is past at `now`; that of the tasks counts until `finally` starts. */
export function timedOutAt(run: PipelineRun, now: Date): TimedOut {
  const { pipelineMs, tasksMs, finallyMs } = timeoutsOf(run);
  const nowMs = now.getTime();
  const { startTime, finallyStartTime } = run.status ?? {};
  const startMs = startTime ? Date.parse(startTime) : nowMs;
  const finallyMsAgo = finallyStartTime ? nowMs - Date.parse(finallyStartTime) : 0;
  const tasksEndMs = finallyStartTime ? Date.parse(finallyStartTime) : nowMs;
  return {
    pipeline: pipelineMs !== undefined && nowMs - startMs >= pipelineMs,
    tasks: tasksMs !== undefined && tasksEndMs - startMs >= tasksMs,
    finally: finallyMs !== undefined && finallyMsAgo >= finallyMs,
  };
}

/** Milliseconds until the nearest limit that is still ahead; undefined without one. */
export function untilNextTimeoutMs(run: PipelineRun, now: Date): number | undefined {
  const { pipelineMs, tasksMs, finallyMs } = timeoutsOf(run);
  const { startTime, finallyStartTime } = run.status ?? {};
  const due = [
    startTime && pipelineMs !== undefined ? Date.parse(startTime) + pipelineMs : undefined,
    startTime && !finallyStartTime && tasksMs !== undefined ? Date.parse(startTime) + tasksMs : undefined,
    finallyStartTime && finallyMs !== undefined ? Date.parse(finallyStartTime) + finallyMs : undefined,
  ];
  const ahead = due
    .filter((dueMs) => dueMs !== undefined)
    .map((dueMs) => dueMs - now.getTime())
    .filter((ms) => ms > 0);
  return ahead.length > 0 ? Math.min(...ahead) : undefined;
}
