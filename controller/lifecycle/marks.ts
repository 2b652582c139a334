import { TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import type { Entry, Run } from './ledger.ts';
import { startMs } from './times.ts';

/** How long the mark of a run's TaskRun waits for the run's own, which says the same of all its TaskRuns. */
export const MARK_DELAY_MS = 60_000;

/** The last millisecond of a second. */
const LAST_MS = 999;

/** Whether the run has the mark itself. */
export function isMarked({ run, marked }: Entry): boolean {
  return marked === true || run.metadata.annotations?.[TRACE_EXPORTED] === run.metadata.uid;
}

/** Whether a run existed before its owner ended. A creation time is a whole second: the creation may have been at that second's end. */
function existedBefore({ metadata, status }: Run, owner: Run): boolean {
  const endedMs = startMs(owner.status?.completionTime) ?? -Infinity;
  const createdMs = startMs(metadata.creationTimestamp) ?? Infinity;
  const completedMs = startMs(status?.completionTime) ?? Infinity;
  return createdMs <= endedMs && (createdMs + LAST_MS <= endedMs || completedMs <= endedMs);
}

/**
 * Whether the run's spans were accepted: it has the mark, or its `owner` has, whose mark stands for all children that were sent before. Where this
 * process wrote the owner's mark, it knows what it had sent. Where an earlier process did, a child counts as sent if it existed before the run ended.
 */
export function isExported(entry: Entry, owner: Entry | undefined): boolean {
  if (isMarked(entry)) return true;
  if (!owner || !isMarked(owner) || !isDone(entry.run)) return false;
  return owner.marked === true ? entry.settled : existedBefore(entry.run, owner.run);
}
