import type { Graph } from '../../shared/tekton/graph.ts';
import type { PipelineTask, TaskRun, TaskSpec } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { TimedOut } from './timeouts.ts';

/** Where a pipeline task is. `invalid`: a result it needs was not produced by a task that succeeded. */
export type Outcome =
  'waiting' | 'running' | 'succeeded' | 'failed' | 'ignoredFailure' | 'cancelled' | 'invalid' | 'skipped';

export interface TaskState {
  task: PipelineTask;
  final: boolean;
  taskSpec: TaskSpec;
  taskRunName: string;
  taskRun?: TaskRun;
  outcome: Outcome;
  /** Upstream's words, when skipped. */
  skippedBecause?: string;
  /** Why it is invalid. */
  invalidBecause?: string;
}

/** Everything that scheduling and the run's condition are decided from. */
export interface PipelineRunFacts {
  tasks: readonly TaskState[];
  byName: ReadonlyMap<string, TaskState>;
  graph: Graph;
  specStatus: string | undefined;
  timedOut: TimedOut;
}

/** Done for its dependents: it ended, or will never start. */
const ENDED: readonly Outcome[] = ['succeeded', 'failed', 'ignoredFailure', 'cancelled', 'invalid', 'skipped'];
export const hasEnded = traced(
  'hasEnded',
  (state: TaskState | undefined): boolean => !state || ENDED.includes(state.outcome),
);

/** Whether all a task waits for has ended; a final task waits for all others. */
export const parentsEnded = traced(
  'parentsEnded',
  ({ task, final }: TaskState, { tasks, byName, graph }: PipelineRunFacts): boolean =>
    final
      ? tasks.every((other) => other.final || hasEnded(other))
      : (graph.get(task.name) ?? []).every((parent) => hasEnded(byName.get(parent))),
);

/** A task of the graph failed, was cancelled or can't run: no other one starts. */
export const isStopping = traced('isStopping', ({ tasks }: PipelineRunFacts): boolean =>
  tasks.some(
    ({ final, outcome, task }) =>
      !final &&
      task.onError !== 'continue' &&
      (outcome === 'failed' || outcome === 'cancelled' || outcome === 'invalid'),
  ),
);
