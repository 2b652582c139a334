import { exitCodeText } from '../../local/viewer/exit-code.ts';
import { timeMs } from '../../local/viewer/live/times.ts';
import type { ContainerState, Pod } from '../../shared/kubernetes/pod.ts';
import { LABEL_PIPELINE_TASK, LABEL_TASK_RUN } from '../../shared/tekton/annotations.ts';
import { isStepContainer, withoutPrefix } from '../../shared/tekton/containers.ts';
import type { PipelineRunStatus } from '../../shared/tekton/types.ts';
import type { Run } from '../follow/follow-run.ts';

/** `stopped`: its Pod was deleted while it ran, by a cancellation or a timeout. */
export type Phase = 'waiting' | 'running' | 'done' | 'failed' | 'stopped' | 'skipped';

/** A task or a step as it is now. Times are milliseconds since the epoch, by the cluster's clock. */
export interface LiveItem {
  name: string;
  phase: Phase;
  startMs?: number;
  endMs?: number;
  /** What it waits for, or why it failed: `starting`, `ErrImagePull`, `exit code 3`. */
  note?: string;
}

export interface LiveStep extends LiveItem {
  pod: string;
}

export interface LiveTask extends LiveItem {
  steps: LiveStep[];
}

const optional = <K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> =>
  (value === undefined ? {} : { [key]: value }) as Partial<Record<K, T>>;

function stepOf(pod: Pod, container: string, state: ContainerState | undefined): LiveStep {
  const common = { name: withoutPrefix(container), pod: pod.metadata.name ?? '' };
  const { running, terminated, waiting } = state ?? {};
  if (terminated)
    return {
      ...common,
      phase: terminated.exitCode === 0 ? 'done' : 'failed',
      ...optional('startMs', timeMs(terminated.startedAt)),
      ...optional('endMs', timeMs(terminated.finishedAt)),
      ...(terminated.exitCode !== 0 && { note: exitCodeText(terminated.exitCode) }),
    };
  if (running) return { ...common, phase: 'running', ...optional('startMs', timeMs(running.startedAt)) };
  const reason = waiting?.reason;
  return { ...common, phase: 'waiting', ...(reason !== undefined && reason !== 'PodInitializing' && { note: reason }) };
}

/** All containers of a Pod start together, and each step waits for the one before it: it has begun when that has ended. */
function inTurn(steps: LiveStep[]): LiveStep[] {
  let previousEnd: number | undefined;
  let isTurn = true;
  return steps.map((step) => {
    const isReached = isTurn;
    isTurn &&= step.phase === 'done';
    const startMs = Math.max(step.startMs ?? 0, previousEnd ?? 0) || undefined;
    previousEnd = step.endMs ?? previousEnd;
    if (!isReached && step.phase === 'running') return { name: step.name, pod: step.pod, phase: 'waiting' };
    // After a failure the entrypoint ends the others without running them.
    if (!isReached && step.phase === 'failed') return { name: step.name, pod: step.pod, phase: 'skipped' };
    return { ...step, ...optional('startMs', startMs) };
  });
}

function startingNote(pod: Pod, steps: LiveStep[]): string {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'True') return scheduled?.reason === 'Unschedulable' ? 'no node has room' : 'scheduling';
  return steps.find(({ note }) => note !== undefined)?.note ?? 'starting';
}

const SECOND_MS = 1000;

/** When the Pod was created. Kubernetes writes whole seconds: within that second it is when this process first saw the Pod. */
function createdMs({ metadata }: Pod, seenMs: number | undefined): number | undefined {
  const writtenMs = timeMs(metadata.creationTimestamp);
  if (writtenMs === undefined || seenMs === undefined) return writtenMs;
  return writtenMs % SECOND_MS === 0 && seenMs > writtenMs && seenMs < writtenMs + SECOND_MS ? seenMs : writtenMs;
}

function taskOf(name: string, pod: Pod, seenMs: number | undefined): LiveTask {
  const statuses = pod.status?.containerStatuses ?? [];
  const containers = (pod.spec?.containers ?? []).map((container) => container.name).filter(isStepContainer);
  const steps = inTurn(
    containers.map((container) => stepOf(pod, container, statuses.find((one) => one.name === container)?.state)),
  );
  const startMs = createdMs(pod, seenMs);
  const failed = steps.find(({ phase }) => phase === 'failed');
  const ends = steps.map(({ endMs }) => endMs).filter((end) => end !== undefined);
  const areDone = steps.length > 0 && steps.every(({ phase }) => phase === 'done');
  const isOver = failed !== undefined || pod.status?.phase === 'Failed' || areDone;
  if (isOver) {
    const isStopped = !areDone && pod.metadata.deletionTimestamp !== undefined;
    return {
      ...{ name, steps, phase: isStopped ? 'stopped' : areDone && pod.status?.phase !== 'Failed' ? 'done' : 'failed' },
      ...optional('startMs', startMs),
      ...optional('endMs', ends.length > 0 ? Math.max(...ends) : undefined),
      ...optional('note', isStopped ? 'stopped' : failed && `${failed.name}: ${failed.note}`),
    };
  }
  const isStarted = steps.some(({ phase }) => phase !== 'waiting');
  return {
    ...{ name, steps, phase: 'running' },
    ...optional('startMs', startMs),
    ...(!isStarted && { note: startingNote(pod, steps) }),
  };
}

const taskRunOf = ({ labels, name = '' }: Pod['metadata']): string => labels?.[LABEL_TASK_RUN] ?? name;

/** The Pod's task in its Pipeline; that of a TaskRun of its own is the run. A member of a matrix has the name of its TaskRun, too. */
function nameOf(pod: Pod, all: readonly Pod[]): string {
  const task = pod.metadata.labels?.[LABEL_PIPELINE_TASK];
  const taskRun = taskRunOf(pod.metadata);
  if (task === undefined) return taskRun;
  const isOne = all.every(
    ({ metadata }) => metadata.labels?.[LABEL_PIPELINE_TASK] !== task || metadata.labels[LABEL_TASK_RUN] === taskRun,
  );
  return isOne ? task : `${task} (${taskRun})`;
}

/** The newest Pod of each TaskRun: a retry has a new one. */
function newest(pods: readonly Pod[]): Pod[] {
  const byTaskRun = new Map<string, Pod>();
  const writtenMs = ({ metadata }: Pod): number => timeMs(metadata.creationTimestamp) ?? 0;
  for (const pod of pods) {
    const key = taskRunOf(pod.metadata);
    const known = byTaskRun.get(key);
    if (!known || writtenMs(pod) >= writtenMs(known)) byTaskRun.set(key, pod);
  }
  return [...byTaskRun.values()];
}

/**
 * The tasks of a run as they are now: those that have a Pod or were skipped, in the order of the Pipeline.
 * @param seenMs when each Pod was first seen, by its uid
 */
export function liveTasks(
  run: Run,
  pods: readonly Pod[],
  seenMs?: ReadonlyMap<string, number>,
): { tasks: LiveTask[]; toCome: number } {
  const current = newest(pods);
  const attempts = Map.groupBy(pods, ({ metadata }) => taskRunOf(metadata));
  const attemptText = ({ metadata }: Pod): string => {
    const { length } = attempts.get(taskRunOf(metadata)) ?? [];
    return length > 1 ? `, attempt ${length}` : '';
  };
  const { pipelineSpec, skippedTasks = [] }: PipelineRunStatus = run.kind === 'PipelineRun' ? (run.status ?? {}) : {};
  const { tasks = [], finally: last = [] } = pipelineSpec ?? {};
  const names = [...tasks, ...last].map(({ name }) => name);
  const skipped = skippedTasks.map(({ name }) => name);
  const placeOf = (pod: Pod): number => names.indexOf(pod.metadata.labels?.[LABEL_PIPELINE_TASK] ?? '');
  const withPods = current
    .toSorted((a, b) => placeOf(a) - placeOf(b) || (nameOf(a, current) < nameOf(b, current) ? -1 : 1))
    .map((pod) => ({
      place: placeOf(pod),
      task: taskOf(nameOf(pod, current) + attemptText(pod), pod, seenMs?.get(pod.metadata.uid ?? '')),
    }));
  const without = skipped.map((name) => ({
    place: names.indexOf(name),
    task: { name, phase: 'skipped' as const, steps: [] },
  }));
  const known = new Set([...withPods, ...without].map(({ place }) => place));
  return {
    tasks: [...withPods, ...without].toSorted((a, b) => a.place - b.place).map(({ task }) => task),
    toCome: names.filter((_name, place) => !known.has(place)).length,
  };
}
