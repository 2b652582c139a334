import { TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import type { Entry } from './ledger.ts';
import { startMs } from './times.ts';

/** How long the mark of a run's TaskRun waits for the run's own, which says the same of all its TaskRuns. */
export const MARK_DELAY_MS = 60_000;

/** The last millisecond of a second. */
const LAST_MS = 999;

/** Whether the run has the mark itself. */
export function isMarked({ run, marked }: Entry): boolean {
  return marked === true || run.metadata.annotations?.[TRACE_EXPORTED] === run.metadata.uid;
}

/** Whether a TaskRun was there when its run ended. A creation is told in whole seconds: it may have been at the end of its own. */
function wasThere({ metadata, status }: TaskRun, owner: PipelineRun): boolean {
  const endedMs = startMs(owner.status?.completionTime) ?? -Infinity;
  const createdMs = startMs(metadata.creationTimestamp) ?? Infinity;
  const completedMs = startMs(status?.completionTime) ?? Infinity;
  return createdMs <= endedMs && (createdMs + LAST_MS <= endedMs || completedMs <= endedMs);
}

/**
 * Whether the run's spans were accepted: it has the mark, or its `owner` has, which stands for all that were sent before it. What this process
 * has not sent itself before it wrote that mark was not; of a mark that is older only the times tell.
 */
export function isExported(entry: Entry, owner: Entry | undefined): boolean {
  if (isMarked(entry)) return true;
  if (!owner || !isMarked(owner) || !isDone(entry.run)) return false;
  return owner.marked === true ? entry.settled : wasThere(entry.run, owner.run);
}
