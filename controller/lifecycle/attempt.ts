import type { Pod } from '../../shared/kubernetes/pod.ts';
import type { TaskRunStatus } from '../../shared/tekton/types.ts';
import type { Outcome } from './result.ts';
import type { Interval } from './times.ts';

/** One attempt of a TaskRun: the facts from which the spans of its Pod and steps are built. Its interval is that of their parent span. */
export interface Attempt extends Interval {
  traceId: string;
  /** Id of the task's span, or of the attempt's if there were retries. */
  parentSpanId: string;
  taskRunUid: string;
  /** When the TaskRun was created: a whole second, in milliseconds since the epoch. */
  createdMs: number;
  /** Counted from 0. */
  number: number;
  status: TaskRunStatus;
  outcome: Outcome;
  /** Absent if it was never observed, or was deleted and is not in memory any more. */
  pod?: Pod;
}
