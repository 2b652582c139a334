import type { Pod } from '../../../shared/kubernetes/pod.ts';
import type { PipelineRun, TaskRun } from '../../../shared/tekton/types.ts';

/** The API objects of one trace, done or not. */
export interface LiveRun {
  pipelineRuns: PipelineRun[];
  taskRuns: TaskRun[];
  pods: Pod[];
}

/** Where the viewer gets the API objects of runs that have not ended. */
export interface LiveSource {
  /** The objects of a trace; undefined if no run has it. */
  find(traceId: string): LiveRun | undefined;
  /** A number that differs after each change of the trace's objects; 0 for an unknown trace. */
  revision(traceId: string): number;
  /** Calls `listener` with a trace's id whenever one of its objects changed, until the returned function is called. */
  onChange(listener: (traceId: string) => void): () => void;
}
