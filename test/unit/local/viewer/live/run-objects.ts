import type { LiveRun } from '../../../../../local/viewer/live/live-run.ts';
import type { Pod } from '../../../../../shared/kubernetes/pod.ts';
import type { PipelineRun, StepState, TaskRun, TaskRunStatus } from '../../../../../shared/tekton/types.ts';

export const LIVE_TRACE = 'a'.repeat(32);
export const ROOT_SPAN = 'b'.repeat(16);
/** When the run was created, in milliseconds since the epoch. */
export const BORN_MS = Date.parse('2026-11-29T12:00:00.000Z');

export const at = (ms: number): string => new Date(BORN_MS + ms).toISOString();
const carrier = JSON.stringify({ traceparent: `00-${LIVE_TRACE}-${ROOT_SPAN}-01` });

const condition = (status: 'True' | 'False' | 'Unknown', reason: string, ms: number, message?: string) => [
  { type: 'Succeeded', status, reason, lastTransitionTime: at(ms), ...(message !== undefined && { message }) },
];

export const running = condition('Unknown', 'Running', 0);
export const succeeded = (ms: number): TaskRunStatus => ({
  conditions: condition('True', 'Succeeded', ms),
  completionTime: at(ms),
});
export const failed = (ms: number, reason: string, message: string): TaskRunStatus => ({
  conditions: condition('False', reason, ms, message),
  completionTime: at(ms),
});

export const pipelineRun = (status: PipelineRun['status'] = {}): PipelineRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: {
    ...{ name: 'ship-x1', namespace: 'ci', uid: 'run-uid', creationTimestamp: at(0) },
    annotations: { 'tekton/pipelinerun-span-context': carrier },
  },
  spec: { pipelineRef: { name: 'ship' } },
  status: { conditions: running, startTime: at(40), ...status },
});

export const taskRun = (task: string, createdMs: number, status: TaskRunStatus = {}): TaskRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: {
    ...{ name: `ship-x1-${task}`, namespace: 'ci', uid: `${task}-uid`, creationTimestamp: at(createdMs) },
    labels: { 'tekton.dev/pipelineRun': 'ship-x1', 'tekton.dev/pipelineTask': task },
    annotations: { 'tekton/taskrun-span-context': carrier },
    ownerReferences: [
      { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'ship-x1', uid: 'run-uid', controller: true },
    ],
  },
  spec: {},
  status: { conditions: running, podName: `ship-x1-${task}-pod`, ...status },
});

export const pod = (task: string, createdMs: number, scheduledMs?: number): Pod => ({
  metadata: {
    ...{ name: `ship-x1-${task}-pod`, namespace: 'ci', creationTimestamp: at(createdMs) },
    annotations: { 'tekton.dev/ready': 'READY' },
  },
  status: {
    conditions:
      scheduledMs === undefined ? [] : [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at(scheduledMs) }],
  },
});

export const step = (name: string, startMs: number, end?: { ms: number; exitCode: number }): StepState => ({
  ...{ name, container: `step-${name}` },
  ...(end
    ? { terminated: { exitCode: end.exitCode, startedAt: at(startMs), finishedAt: at(end.ms) } }
    : { running: { startedAt: at(startMs) } }),
});

export const liveRun = (taskRuns: TaskRun[], pods: Pod[] = [], run = pipelineRun()): LiveRun => ({
  pipelineRuns: [run],
  taskRuns,
  pods,
});
