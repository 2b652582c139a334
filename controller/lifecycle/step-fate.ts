import { succeededCondition } from '../../shared/tekton/conditions.ts';
import { stepReason } from '../../shared/tekton/step-end.ts';
import type { StepState, TaskRunStatus } from '../../shared/tekton/types.ts';
import { instant } from './times.ts';

/**
 * The end of a step:
 * - `ended`: its container ran and ended by itself
 * - `skipped`: the entrypoint did not run it
 * - `unstarted`: the runtime could not start its container
 * - `cut`: its container was running when the TaskRun ended (a timeout, a cancellation, a deletion)
 * - `lost`: the kubelet did not find its container any more
 * - `pending`: its container never ran, or its end is unknown
 */
export type StepFate = 'ended' | 'skipped' | 'unstarted' | 'cut' | 'lost' | 'pending';

/** The kubelet's reason for a container that it does not find any more. Such a state has no times. */
const LOST = 'ContainerStatusUnknown';

/**
 * Whether a step was interrupted by the end of its TaskRun. The controller then writes the TaskRun's reason into each unfinished step, with the
 * container's start, or the TaskRun's creation if the container had not started (upstream: `terminateStepsInPod`).
 */
function wasCut(step: StepState, status: TaskRunStatus): boolean {
  const reason = stepReason(step);
  return reason !== undefined && reason === succeededCondition({ status })?.reason;
}

/** A step's fate from the status of its attempt. `createdMs`: the TaskRun's creation, in milliseconds since the epoch. */
export function stepFate(step: StepState, status: TaskRunStatus, createdMs: number): StepFate {
  const { terminated, running } = step;
  if (!terminated) return running ? 'cut' : 'pending';
  const [started, finished] = [instant(terminated.startedAt), instant(terminated.finishedAt)];
  if (stepReason(step) === 'Skipped') return finished ? 'skipped' : 'pending';
  if (wasCut(step, status)) return started && started.ms !== createdMs ? 'cut' : 'pending';
  if (finished) return started ? 'ended' : 'unstarted';
  return stepReason(step) === LOST ? 'lost' : 'pending';
}

/** Whether a step's exact times are only in the Pod: upstream writes whole seconds to the TaskRun's status. */
export function needsPod({ terminated }: StepState, fate: StepFate): boolean {
  if (fate === 'lost') return true;
  return (fate === 'ended' || fate === 'skipped') && instant(terminated?.startedAt)?.whole === true;
}

/** Whether the times of the attempt's steps need its Pod. */
export function stepsNeedPod(status: TaskRunStatus, createdMs: number): boolean {
  return (status.steps ?? []).some((step) => needsPod(step, stepFate(step, status, createdMs)));
}
