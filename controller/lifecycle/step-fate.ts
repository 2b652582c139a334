import { succeededCondition } from '../../shared/tekton/conditions.ts';
import type { StepState, TaskRunStatus } from '../../shared/tekton/types.ts';
import { instant } from './times.ts';

/**
 * What became of a step:
 * - `ended`: its container ran and ended by itself
 * - `skipped`: the entrypoint did not run it
 * - `unstarted`: the runtime could not start its container
 * - `cut`: its container ran when the TaskRun was ended (a timeout, a cancellation, a deletion)
 * - `lost`: its container was gone when the kubelet asked for it
 * - `pending`: its container never ran, or nothing says what became of it
 */
export type StepFate = 'ended' | 'skipped' | 'unstarted' | 'cut' | 'lost' | 'pending';

/** The kubelet's reason for a container that it can't find any more. It has no times. */
const LOST = 'ContainerStatusUnknown';

/** Why a step ended: upstream before 0.57 has no `terminationReason`; the container's reason then says the same. */
export function stepReason({ terminationReason, terminated }: StepState): string | undefined {
  return terminationReason ?? terminated?.reason;
}

/**
 * A TaskRun that its controller ends writes its own reason into each step that has not ended, with the container's start, or the TaskRun's creation
 * where the container had not started (upstream: `terminateStepsInPod`).
 */
function wasCut(step: StepState, status: TaskRunStatus): boolean {
  const reason = stepReason(step);
  return reason !== undefined && reason === succeededCondition({ status })?.reason;
}

/** A step's fate by the status of its attempt. `createdMs` is when its TaskRun was created. */
export function stepFate(step: StepState, status: TaskRunStatus, createdMs: number): StepFate {
  const { terminated, running } = step;
  if (!terminated) return running ? 'cut' : 'pending';
  const [started, finished] = [instant(terminated.startedAt), instant(terminated.finishedAt)];
  if (stepReason(step) === 'Skipped') return finished ? 'skipped' : 'pending';
  if (wasCut(step, status)) return started && started.ms > createdMs ? 'cut' : 'pending';
  if (finished) return started ? 'ended' : 'unstarted';
  return stepReason(step) === LOST ? 'lost' : 'pending';
}

/** Whether the times of a step are not all in the TaskRun's status: upstream cuts them to whole seconds there. */
export function needsPod({ terminated }: StepState, fate: StepFate): boolean {
  if (fate === 'lost') return true;
  return (fate === 'ended' || fate === 'skipped') && instant(terminated?.startedAt)?.whole === true;
}

/** Whether the attempt's steps can't be timed without its Pod. */
export function stepsNeedPod(status: TaskRunStatus, createdMs: number): boolean {
  return (status.steps ?? []).some((step) => needsPod(step, stepFate(step, status, createdMs)));
}
