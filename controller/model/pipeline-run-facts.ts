import { isDone, isSuccessful, succeededCondition } from '../../shared/tekton/conditions.ts';
import type { Graph } from '../../shared/tekton/graph.ts';
import type { TimedOut } from './pipeline-run-timeouts.ts';
import type { PipelineTask, TaskRun, TaskSpec } from '../../shared/tekton/types.ts';

/** Upstream's words in a child's `spec.statusMessage`; a child cancelled with the second counts as failed. */
export const CANCELLED_MESSAGE = 'TaskRun cancelled as the PipelineRun it belongs to has been cancelled.';
export const TIMED_OUT_MESSAGE = 'TaskRun cancelled as the PipelineRun it belongs to has timed out.';

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

/** The outcome that a task's TaskRun says. Cancelled because of a timeout counts as failed, as upstream counts it. */
export function outcomeOf({ task, taskRun }: Omit<TaskState, 'outcome'>): Outcome {
  if (!taskRun) return 'waiting';
  if (!isDone(taskRun)) return 'running';
  if (isSuccessful(taskRun)) return 'succeeded';
  const cancelled = succeededCondition(taskRun)?.reason === 'TaskRunCancelled';
  if (cancelled && taskRun.spec.statusMessage !== TIMED_OUT_MESSAGE) return 'cancelled';
  return task.onError === 'continue' && !cancelled ? 'ignoredFailure' : 'failed';
}

/** Done for its dependents: it ended, or will never start. */
export function hasEnded(state: TaskState | undefined): boolean {
  return state?.outcome !== 'waiting' && state?.outcome !== 'running';
}

/** Whether all a task waits for has ended; a final task waits for all others. */
export function parentsEnded({ task, final }: TaskState, { tasks, byName, graph }: PipelineRunFacts): boolean {
  if (final) return tasks.every((other) => other.final || hasEnded(other));
  return (graph.get(task.name) ?? []).every((parent) => hasEnded(byName.get(parent)));
}

/** A task of the graph failed, was cancelled or can't run: no other one starts. */
export function isStopping({ tasks }: PipelineRunFacts): boolean {
  const stops: readonly Outcome[] = ['failed', 'cancelled', 'invalid'];
  return tasks.some(({ final, outcome, task }) => !final && task.onError !== 'continue' && stops.includes(outcome));
}
