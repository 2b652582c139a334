import type { Pod } from '../../shared/kubernetes/pod.ts';

import type { PipelineRun, PipelineTask, ResolutionRequest, TaskRun } from '../../shared/tekton/types.ts';
import type { RunSpan } from '../../shared/tracing/run-context.ts';
import type { PodEvent } from '../watch/essentials.ts';
import type { KnownCustomRun } from './custom.ts';
import type { Interval } from './times.ts';

/** The facts about a TaskRun from which its spans are built. */
export interface TaskRunFacts {
  taskRun: TaskRun;
  own: RunSpan;
  /** Whether this process saw it pending. */
  wasPending?: boolean | undefined;
  /** The last known states of its Pods, in the order of their creation. An attempt has several if its Pod was deleted while it ran. */
  pods: Pod[];
  /** The Events about the start of a Pod. */
  podEventsOf?: (pod: Pod) => readonly PodEvent[];
  /** Its ResolutionRequests. */
  resolutions?: readonly ResolutionRequest[];
  /** Whether waits and init containers become events of their task (more than 500 tasks). */
  fold: boolean;
  /** The time of the PipelineRun that owns it, to which the task's span is cut. The end may be in the future. */
  owner?: Interval;
  /** Its pipeline task in the Pipeline of its PipelineRun. */
  pipelineTask?: PipelineTask | undefined;
  /** When the deletion of the unfinished TaskRun was observed, in milliseconds since the epoch. */
  deletedMs?: number;
}

/** The facts about a PipelineRun from which its root is built. */
export interface PipelineRunFacts {
  run: PipelineRun;
  own: RunSpan;
  /** Whether this process saw it pending. */
  wasPending?: boolean | undefined;
  /** Its TaskRuns and child PipelineRuns. */
  children: (TaskRun | PipelineRun)[];
  customRuns?: readonly KnownCustomRun[];
  /** Its ResolutionRequests. */
  resolutions?: readonly ResolutionRequest[];
  /** When its children ran, with what is below them. */
  below: readonly Interval[];
  /** The time of the PipelineRun that owns a child PipelineRun, whose end may be still to come. */
  owner?: Interval | undefined;
  /** The pipeline task of a child PipelineRun, in the Pipeline of its owner. */
  pipelineTask?: PipelineTask | undefined;
  deletedMs?: number;
}
