import type { Pod } from '../../shared/kubernetes/pod.ts';

import type { PipelineRun, PipelineTask, TaskRun } from '../../shared/tekton/types.ts';
import type { RunSpan } from '../../shared/tracing/run-context.ts';
import type { Interval } from './times.ts';

/** All that is known of a TaskRun when its spans are built. */
export interface TaskRunFacts {
  taskRun: TaskRun;
  own: RunSpan;
  /** The Pods as they were seen last, one an attempt. */
  pods: Pod[];
  /** Past 500 tasks waits and init containers become events of their task. */
  fold: boolean;
  /** The time of the PipelineRun that owns it: a task lies within its run, whose end may be still to come. */
  owner?: Interval;
  /** What it is a run of, in the Pipeline of its PipelineRun. */
  pipelineTask?: PipelineTask | undefined;
  /** When the TaskRun was seen to be gone before it was done, epoch milliseconds. */
  deletedMs?: number;
}

/** All that is known of a PipelineRun when its root is built. */
export interface PipelineRunFacts {
  run: PipelineRun;
  own: RunSpan;
  /** Its TaskRuns and child PipelineRuns. */
  children: (TaskRun | PipelineRun)[];
  /** When its children ran, with what is below them. */
  below: readonly Interval[];
  /** What a child PipelineRun is a run of, in the Pipeline of its owner. */
  pipelineTask?: PipelineTask | undefined;
  deletedMs?: number;
}
