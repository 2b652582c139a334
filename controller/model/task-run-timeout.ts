import { parseDurationMs } from '../../shared/tekton/duration.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';

/** Upstream's default-timeout-minutes. */
const DEFAULT_TIMEOUT_MS = 60 * 60_000;

/** The TaskRun's timeout in milliseconds; 0 means none. */
export function timeoutMsOf(taskRun: TaskRun): number {
  return parseDurationMs(taskRun.spec.timeout) ?? DEFAULT_TIMEOUT_MS;
}

/** Remaining time of the present attempt in milliseconds; undefined without a timeout or before its start. */
export function remainingMs(taskRun: TaskRun, now: Date): number | undefined {
  const timeoutMs = timeoutMsOf(taskRun);
  const { startTime } = taskRun.status ?? {};
  if (timeoutMs === 0 || startTime === undefined) return undefined;
  return Date.parse(startTime) + timeoutMs - now.getTime();
}

export function hasTimedOut(taskRun: TaskRun, now: Date): boolean {
  const leftMs = remainingMs(taskRun, now);
  return leftMs !== undefined && leftMs <= 0;
}
