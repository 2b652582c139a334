import type { Condition } from './types.ts';

interface Conditioned {
  status?: { conditions?: Condition[]; completionTime?: string } | undefined;
}

/** The one condition that Tekton runs have. */
export function succeededCondition(run: Conditioned): Condition | undefined {
  return run.status?.conditions?.find((condition) => condition.type === 'Succeeded');
}

/** Done: the condition is True or False and can't change any more. */
export function isDone(run: Conditioned): boolean {
  const status = succeededCondition(run)?.status;
  return status === 'True' || status === 'False';
}

export function isSuccessful(run: Conditioned): boolean {
  return succeededCondition(run)?.status === 'True';
}
