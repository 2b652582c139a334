import { isSuccessful, succeededCondition } from '../../shared/tekton/conditions.ts';
import type { ParamValue } from '../../shared/tekton/types.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import type { Run } from '../follow/follow-run.ts';

/** What `--output json` prints. */
export interface RunReport {
  kind: string;
  namespace: string;
  name: string;
  succeeded: boolean;
  reason: string;
  message: string;
  results: Record<string, ParamValue>;
  traceId: string | null;
}

/** The report of a run that has ended, or was left as it is. */
export function reportOf(run: Run): RunReport {
  const condition = succeededCondition(run);
  return {
    kind: run.kind ?? '',
    namespace: run.metadata.namespace ?? '',
    name: run.metadata.name ?? '',
    succeeded: isSuccessful(run),
    reason: condition?.reason ?? '',
    message: condition?.message ?? '',
    results: Object.fromEntries((run.status?.results ?? []).map(({ name, value }) => [name, value])),
    traceId: runSpan(run)?.traceId ?? null,
  };
}
