import { parseDurationMs } from '../../shared/tekton/duration.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';

/** Upstream's default-timeout-minutes. */
export const DEFAULT_TIMEOUT_MS = 60 * 60_000;

/** The run's timeouts in milliseconds; undefined without a limit. */
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

/** `timeouts` in milliseconds. If one of tasks and finally is missing, it is the pipeline's minus the other. 0 is no limit. */
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

/** The pipeline's timeout minus that of one section, if both have a limit. */
function remainder(wholeMs: number | undefined, partMs: number | undefined): number | undefined {
  return wholeMs && partMs ? wholeMs - partMs : undefined;
}

/** The timeouts that have passed at `now`. That of the tasks counts until `finally` starts. */
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

/** Milliseconds until the next timeout; undefined if there is none. */
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
