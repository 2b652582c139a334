import type { Condition } from './types.ts';

interface Conditioned {
  status?: { conditions?: Condition[]; completionTime?: string } | undefined;
}

/** The only condition of Tekton's runs. */
export function succeededCondition(run: Conditioned): Condition | undefined {
  return run.status?.conditions?.find((condition) => condition.type === 'Succeeded');
}

/** Whether a run is done: its condition is True or False, and does not change any more. */
export function isDone(run: Conditioned): boolean {
  const status = succeededCondition(run)?.status;
  return status === 'True' || status === 'False';
}

/** When a run was done. Upstream writes no `completionTime` when a container can't be created; then it is the time of the condition. */
export function completionOf(run: Conditioned): string | undefined {
  const decided = isDone(run) ? succeededCondition(run)?.lastTransitionTime : undefined;
  return run.status?.completionTime ?? decided;
}

export function isSuccessful(run: Conditioned): boolean {
  return succeededCondition(run)?.status === 'True';
}
