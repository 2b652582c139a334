import { TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import type { Entry } from './ledger.ts';
import { startMs } from './times.ts';

/** How long the mark of a run's TaskRun waits for the run's own, which says the same of all its TaskRuns. */
export const MARK_DELAY_MS = 60_000;

function isMarked({ run, marked }: Entry): boolean {
  return marked === true || run.metadata.annotations?.[TRACE_EXPORTED] === run.metadata.uid;
}

/** Whether the run's spans were accepted: it has the mark, or its `owner` has, to which it belonged when that one ended. */
export function isExported(entry: Entry, owner: Entry | undefined): boolean {
  if (isMarked(entry)) return true;
  if (!owner || !isMarked(owner) || !isDone(entry.run)) return false;
  const createdMs = startMs(entry.run.metadata.creationTimestamp) ?? Infinity;
  return createdMs <= (startMs(owner.run.status?.completionTime) ?? -Infinity);
}
