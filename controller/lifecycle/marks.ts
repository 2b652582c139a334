import { TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import { isClaimed } from '../../shared/tracing/provenance.ts';
import type { Entry, Run } from './ledger.ts';
import { epochMs, LAST_MS } from './times.ts';

/** Delay of a TaskRun's mark, in milliseconds: its run's mark, which is valid for all its TaskRuns, may come before. */
export const MARK_DELAY_MS = 60_000;

/** Whether the run has its own mark. One that a client wrote says nothing about what the collector has. */
export function isMarked({ run: { metadata }, marked }: Entry): boolean {
  if (marked === true) return true;
  return metadata.annotations?.[TRACE_EXPORTED] === metadata.uid && !isClaimed(metadata, TRACE_EXPORTED);
}

/** Whether a run existed before its owner ended. A creation time is a whole second, so the creation may be as late as the second's end. */
function existedBefore({ metadata, status }: Run, owner: Run): boolean {
  const endedMs = epochMs(owner.status?.completionTime) ?? -Infinity;
  const createdMs = epochMs(metadata.creationTimestamp) ?? Infinity;
  const completedMs = epochMs(status?.completionTime) ?? Infinity;
  return createdMs <= endedMs && (createdMs + LAST_MS <= endedMs || completedMs <= endedMs);
}

/**
 * Whether the run's spans were accepted: it has a mark, or its `owner` has one, which is valid for all children that were sent before. If this
 * process wrote the owner's mark, it knows which children it had sent. If an earlier process did, a child counts as sent if it existed before the owner
 * ended.
 */
export function isExported(entry: Entry, owner: Entry | undefined): boolean {
  if (isMarked(entry)) return true;
  if (!owner || !isMarked(owner) || !isDone(entry.run)) return false;
  return owner.marked === true ? entry.finished : existedBefore(entry.run, owner.run);
}
