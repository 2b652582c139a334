import type { TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';

/** The version of each TaskRun that this process wrote last, by `namespace/name`, until its watch has brought it. */
export type WrittenVersions = Map<
  string,
  {
    uid: string | undefined;
    resourceVersion: string | undefined;
    /** A look was put off until the watch brings that version. */
    awaited?: boolean;
  }
>;

const numberOf = traced('numberOf', (resourceVersion: string | undefined): bigint =>
  /^\d+$/.test(resourceVersion ?? '') ? BigInt(resourceVersion ?? 0) : 0n,
);

/**
 * Whether the cache is older than what we wrote: the same work would be done again, to fail as a conflict. The watch brings the
 * newer version, and with it the reconcile that was put off.
 */
export const isBehind = traced(
  'isBehind',
  (written: WrittenVersions, key: string, taskRun: TaskRun | undefined): boolean => {
    const last = written.get(key);
    if (!last) return false;
    const sameObject = taskRun?.metadata.uid === last.uid;
    if (sameObject && numberOf(taskRun?.metadata.resourceVersion) < numberOf(last.resourceVersion)) {
      last.awaited = true;
      return true;
    }
    written.delete(key);
    return false;
  },
);

/** Whether a reconcile was put off because the cache was behind. */
export const isAwaited = traced(
  'isAwaited',
  (written: WrittenVersions, key: string): boolean => written.get(key)?.awaited === true,
);
