import { isDone, isSuccessful, succeededCondition } from '../../shared/tekton/conditions.ts';
import type { Graph } from '../../shared/tekton/graph.ts';
import type { TimedOut } from './pipeline-run-timeouts.ts';
import type { PipelineTask, TaskRun, TaskSpec } from '../../shared/tekton/types.ts';

/** Upstream's values of a child's `spec.statusMessage`. A child cancelled with the second one counts as failed. */
export const CANCELLED_MESSAGE = 'TaskRun cancelled as the PipelineRun it belongs to has been cancelled.';
export const TIMED_OUT_MESSAGE = 'TaskRun cancelled as the PipelineRun it belongs to has timed out.';

/** The outcome of a pipeline task. `invalid`: it needs a result that a successful task did not produce. */
export type Outcome =
  'waiting' | 'running' | 'succeeded' | 'failed' | 'ignoredFailure' | 'cancelled' | 'invalid' | 'skipped';

export interface TaskState {
  task: PipelineTask;
  final: boolean;
  taskSpec: TaskSpec;
  taskRunName: string;
  taskRun?: TaskRun;
  outcome: Outcome;
  /** Upstream's reason of a skipped task. */
  skippedBecause?: string;
  /** Message of an invalid task. */
  invalidBecause?: string;
}

/** The input of scheduling and of the run's condition. */
export interface PipelineRunFacts {
  tasks: readonly TaskState[];
  byName: ReadonlyMap<string, TaskState>;
  graph: Graph;
  specStatus: string | undefined;
  timedOut: TimedOut;
}

/** A task's outcome from its TaskRun. As in upstream, cancelled because of a timeout counts as failed. */
export function outcomeOf({ task, taskRun }: Omit<TaskState, 'outcome'>): Outcome {
  if (!taskRun) return 'waiting';
  if (!isDone(taskRun)) return 'running';
  if (isSuccessful(taskRun)) return 'succeeded';
  const cancelled = succeededCondition(taskRun)?.reason === 'TaskRunCancelled';
  if (cancelled && taskRun.spec.statusMessage !== TIMED_OUT_MESSAGE) return 'cancelled';
  return task.onError === 'continue' && !cancelled ? 'ignoredFailure' : 'failed';
}

/** Whether dependents need not wait: the task ended, or will never start. */
export function hasEnded(state: TaskState | undefined): boolean {
  return state?.outcome !== 'waiting' && state?.outcome !== 'running';
}

/** Whether all dependencies of a task have ended. A final task depends on all others. */
export function parentsEnded({ task, final }: TaskState, { tasks, byName, graph }: PipelineRunFacts): boolean {
  if (final) return tasks.every((other) => other.final || hasEnded(other));
  return (graph.get(task.name) ?? []).every((parent) => hasEnded(byName.get(parent)));
}

/** Whether a task of the graph failed, was cancelled or is invalid: then no other one starts. */
export function isStopping({ tasks }: PipelineRunFacts): boolean {
  const stops: readonly Outcome[] = ['failed', 'cancelled', 'invalid'];
  return tasks.some(({ final, outcome, task }) => !final && task.onError !== 'continue' && stops.includes(outcome));
}
