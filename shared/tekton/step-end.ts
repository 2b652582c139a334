import type { StepState } from './types.ts';

/** Why a step ended. Upstream before 0.57 has no `terminationReason`; the container's reason has the same value. */
export function stepReason({ terminationReason, terminated }: StepState): string | undefined {
  return terminationReason ?? terminated?.reason;
}

/** The kubelet's reason if a container, or a process in it, was out of memory. */
const OOM_KILLED = 'OOMKilled';

/** Whether a container failed. If only a child process was out of memory, the exit code may be 0; upstream fails the TaskRun all the same. */
export function hasFailed({ exitCode, reason }: { exitCode: number; reason?: string }): boolean {
  return exitCode !== 0 || reason === OOM_KILLED;
}
