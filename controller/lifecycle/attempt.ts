import type { Pod } from '../../shared/kubernetes/pod.ts';
import type { TaskRunStatus } from '../../shared/tekton/types.ts';
import type { Outcome } from './result.ts';
import type { Interval } from './times.ts';

/** One attempt of a TaskRun, with what the spans of its Pod and its steps are made of. Its interval is that of the span above them. */
export interface Attempt extends Interval {
  traceId: string;
  /** The task's span, or the attempt's where there were retries. */
  parentSpanId: string;
  taskRunUid: string;
  /** When the TaskRun was created: epoch milliseconds, a whole second. */
  createdMs: number;
  /** Counted from 0. */
  number: number;
  status: TaskRunStatus;
  outcome: Outcome;
  /** Absent when it was never seen, or is gone and forgotten. */
  pod?: Pod;
}
