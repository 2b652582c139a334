import { TIMED_OUT_MESSAGE } from '../../controller/model/pipeline-run-facts.ts';
import { exitCodeText } from '../../local/viewer/exit-code.ts';
import { isSuccessful, succeededCondition } from '../../shared/tekton/conditions.ts';
import { LABEL_PIPELINE_TASK } from '../../shared/tekton/annotations.ts';
import type { StepState, TaskRun } from '../../shared/tekton/types.ts';
import type { Run } from './follow-run.ts';

/** One reason why a run did not succeed. */
export interface Failure {
  /** Absent if the run itself is the reason. */
  task?: string;
  step?: string;
  cause: string;
  /** The Pod whose log explains the failure. */
  pod?: string;
  /** The failed container of that Pod, if it is not a step: its log was not printed yet. */
  container?: string;
}

/** Upstream's reasons of a TaskRun for which a step's state says more than the condition. */
const BY_STEP = new Set(['Failed', 'StepFailed', 'StepOOM', 'TaskRunCancelled', 'TaskRunTimeout']);

/** Upstream's reasons whose message names a container other than a step: `"sidecar-db" exited with code 3`, `init container failed, "x" exited ...`. */
const BY_CONTAINER = new Set(['SidecarFailed', 'SidecarOOM', 'InitContainerFailed', 'InitContainerOOM']);

const CUT_SHORT = new Set(['TaskRunCancelled', 'Cancelled', 'TaskRunTimeout']);

/** The useful part of a message: the refusal of a Pod has three nested sentences. */
function plainMessage(message: string): string {
  const [, account] = /\bserviceaccounts? "([^"]+)" not found/.exec(message) ?? [];
  if (account !== undefined) return `service account "${account}" not found`;
  return message.replace(/\b(?:GET|POST|PUT|PATCH|DELETE) \/\S+: \d{3} /, '').trim();
}

/** The step's termination message, empty if it contains the entrypoint's results. */
function ownWords({ message = '' }: NonNullable<StepState['terminated']>): string {
  const text = message.trim();
  return text === '' || /^[[{]/.test(text) ? '' : `: ${text}`;
}

function stepCause({ terminated, terminationReason }: StepState): string {
  if (!terminated) return 'did not end';
  const { exitCode, reason = '' } = terminated;
  if (terminationReason === 'TimeoutExceeded') return 'timeout: ran longer than the timeout of the step';
  if (reason === 'OOMKilled') return `out of memory (OOMKilled), exit code ${exitCode}`;
  if (reason === 'StartError' || reason === 'ContainerCannotRun') return `could not be started${ownWords(terminated)}`;
  return `${exitCodeText(exitCode)}${ownWords(terminated)}`;
}

/** The step that explains the end: the first that failed or was interrupted. */
function failedStep({ status }: TaskRun): StepState | undefined {
  return status?.steps?.find(
    ({ terminated, terminationReason }) =>
      terminated !== undefined &&
      (terminated.exitCode !== 0 || terminated.reason === 'OOMKilled') &&
      terminationReason !== 'Continued' &&
      terminationReason !== 'Skipped',
  );
}

/** A condition's message, after a word for its reason. */
function conditionCause(reason: string, message: string): string {
  const text = plainMessage(message);
  if (/Timeout$/.test(reason)) return `timeout: ${text}`;
  return text === '' ? reason : text;
}

/**
 * Why a TaskRun failed. Where upstream blames a sidecar though a step failed by itself, the step comes first: it is what the person wrote the TaskRun
 * for, and may be the reason why the sidecar failed.
 */
function taskFailures(taskRun: TaskRun, cancelledBy: string | undefined): Failure[] {
  const { reason = 'Failed' } = succeededCondition(taskRun) ?? {};
  const failure = failureByCondition(taskRun, cancelledBy);
  const step = BY_CONTAINER.has(reason) ? failedStep(taskRun) : undefined;
  if (!step || CUT_SHORT.has(step.terminationReason ?? '')) return [failure];
  const pod = failure.pod === undefined ? {} : { pod: failure.pod };
  return [{ cause: stepCause(step), ...(step.name !== undefined && { step: step.name }), ...pod }, failure];
}

/** The failure from the TaskRun's condition, or from the step that it is about. */
function failureByCondition(taskRun: TaskRun, cancelledBy: string | undefined): Failure {
  const { reason = 'Failed', message = '' } = succeededCondition(taskRun) ?? {};
  const step = BY_STEP.has(reason) ? failedStep(taskRun) : undefined;
  // The timeout of a PipelineRun cancels its running TaskRuns.
  const who = taskRun.spec.statusMessage === TIMED_OUT_MESSAGE ? 'the timeout' : cancelledBy;
  const by = who === undefined ? '' : ` by ${who}`;
  const cause = /Cancelled$/.test(reason)
    ? `cancelled${by}`
    : step && !CUT_SHORT.has(step.terminationReason ?? '')
      ? stepCause(step)
      : conditionCause(reason, message);
  const [, container] = (BY_CONTAINER.has(reason) && /^(?:init container failed, )?"([^"]+)" /.exec(message)) || [];
  return {
    cause,
    ...(container !== undefined && { container }),
    ...(step?.name !== undefined && { step: step.name }),
    ...(taskRun.status?.podName && { pod: taskRun.status.podName }),
  };
}

/** Failed TaskRuns before those that were cancelled because of them, then by completion time. */
function inOrder(a: TaskRun, b: TaskRun): number {
  const cut = (taskRun: TaskRun): number => (CUT_SHORT.has(succeededCondition(taskRun)?.reason ?? '') ? 1 : 0);
  return (
    cut(a) - cut(b) || Date.parse(a.status?.completionTime ?? '') - Date.parse(b.status?.completionTime ?? '') || 0
  );
}

/**
 * Why a finished run did not succeed, the most likely cause first: the run itself (cancelled, timeout, refused), else its failed TaskRuns among
 * those given. `cancelledBy` is what cancelled it in this process, if anything did.
 */
export function failuresOf(run: Run, taskRuns: readonly TaskRun[], cancelledBy: string | undefined): Failure[] {
  if (isSuccessful(run)) return [];
  if (run.kind === 'TaskRun') return taskFailures(run, cancelledBy);
  const failed = taskRuns.filter((taskRun) => {
    const condition = succeededCondition(taskRun);
    return condition?.status === 'False' && condition.reason !== 'FailureIgnored';
  });
  const tasks = failed.sort(inOrder).flatMap((taskRun) => {
    const task = taskRun.metadata.labels?.[LABEL_PIPELINE_TASK] ?? taskRun.metadata.name ?? '';
    return taskFailures(taskRun, undefined).map((failure) => ({ task, ...failure }));
  });
  const { reason = '', message = '' } = succeededCondition(run) ?? {};
  if (/^Cancel/.test(reason) || cancelledBy !== undefined)
    return [{ cause: `cancelled${cancelledBy === undefined ? '' : ` by ${cancelledBy}`}` }, ...tasks];
  // The message only counts tasks if a task failed.
  const isCount = message.startsWith('Tasks Completed:');
  return isCount && tasks.length > 0 ? tasks : [{ cause: conditionCause(reason, message) }, ...tasks];
}
