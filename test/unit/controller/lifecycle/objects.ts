import type { ContainerStatus, Pod, PodStatus } from '../../../../shared/kubernetes/pod.ts';
import type { ObjectMeta } from '../../../../shared/kubernetes/types.ts';
import type {
  Condition,
  PipelineRun,
  PipelineRunStatus,
  StepState,
  TaskRun,
  TaskRunStatus,
} from '../../../../shared/tekton/types.ts';

export const TRACE = '0af7651916cd43dd8448eb211c80319c';
export const ROOT = 'b7ad6b7169203331';
export const carrier = (traceId = TRACE, spanId = ROOT, flags = '01'): string =>
  JSON.stringify({ traceparent: `00-${traceId}-${spanId}-${flags}` });

/** 10:00:SS, in whole seconds or with a fraction. */
export const at = (seconds: number): string => {
  const time = new Date(Date.UTC(2026, 4, 1, 10, 0, 0) + Math.round(seconds * 1000)).toISOString();
  return Number.isInteger(seconds) ? time.replace('.000Z', 'Z') : time;
};
export const ms = (seconds: number): number => Date.UTC(2026, 4, 1, 10, 0, 0) + Math.round(seconds * 1000);

export const condition = (status: Condition['status'], reason: string, message = ''): Condition => ({
  type: 'Succeeded',
  status,
  reason,
  message,
});
export const succeeded = condition('True', 'Succeeded');

export function pipelineRun(status: PipelineRunStatus | undefined, metadata: Partial<ObjectMeta> = {}): PipelineRun {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name: 'build-x7k2p',
      generateName: 'build-',
      namespace: 'ci',
      uid: 'uid-run',
      creationTimestamp: at(0),
      resourceVersion: '1',
      annotations: { 'tekton/pipelinerun-span-context': carrier() },
      ...metadata,
    },
    spec: { pipelineSpec: {} },
    ...(status && { status }),
  };
}

/** Upstream's first status. */
export const begun = { startTime: at(1), conditions: [condition('Unknown', 'Running')] };
export const ranRun: PipelineRunStatus = { startTime: at(1), completionTime: at(20), conditions: [succeeded] };

export function taskRun(
  status: TaskRunStatus | undefined,
  metadata: Partial<ObjectMeta> = {},
  task = 'compile',
): TaskRun {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: `build-x7k2p-${task}`,
      namespace: 'ci',
      uid: `uid-${task}`,
      creationTimestamp: at(1),
      resourceVersion: '1',
      labels: { 'tekton.dev/pipelineTask': task, 'tekton.dev/pipelineRun': 'build-x7k2p' },
      annotations: { 'tekton/taskrun-span-context': carrier() },
      ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'build-x7k2p', uid: 'uid-run' }],
      ...metadata,
    },
    spec: {},
    ...(status && { status }),
  };
}

export const standalone: Partial<ObjectMeta> = { ownerReferences: [], labels: {} };

export function step(name: string, from: number, to: number, exitCode = 0, rest: Partial<StepState> = {}): StepState {
  return {
    name,
    container: `step-${name}`,
    terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt: at(from), finishedAt: at(to) },
    ...rest,
  };
}

export const ranTask: TaskRunStatus = {
  podName: 'compile-pod',
  startTime: at(1),
  completionTime: at(12),
  conditions: [succeeded],
  taskSpec: {
    steps: [
      { name: 'fetch', image: 'alpine:3' },
      { name: 'make', image: 'gcc:15' },
    ],
  },
  steps: [step('fetch', 5, 8, 0, { imageID: 'alpine@sha256:1' }), step('make', 8, 11)],
};

const ended = (name: string, from: number, to: number, exitCode = 0): ContainerStatus => ({
  name,
  state: {
    terminated: { exitCode, startedAt: at(from), finishedAt: at(to), ...(exitCode !== 0 && { reason: 'Error' }) },
  },
});

export function pod(name = 'compile-pod', phase = 'Succeeded'): Pod {
  return {
    metadata: {
      name,
      namespace: 'ci',
      uid: `uid-${name}`,
      creationTimestamp: at(2),
      resourceVersion: '1',
      labels: { 'tekton.dev/taskRunUID': 'uid-compile', 'tekton.dev/taskRun': 'build-x7k2p-compile' },
      annotations: { 'tekton.dev/ready': 'READY' },
    },
    spec: { containers: [], nodeName: 'node-1' },
    status: {
      phase,
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at(3) }],
      initContainerStatuses: [ended('prepare', 3, 4)],
      containerStatuses: [ended('step-fetch', 5, 8), ended('step-make', 5, 11), ended('sidecar-db', 5, 12, 137)],
    },
  };
}

/** A step's container as the kubelet reports it once it ended: whole seconds, with the entrypoint's message where that says when it started. */
export function endedStep(name: string, from: number, to: number, startedAt?: number, exitCode = 0): ContainerStatus {
  const container = ended(`step-${name}`, from, to, exitCode);
  const entries = [{ key: 'StartedAt', value: `${new Date(ms(startedAt ?? 0)).toISOString()}`, type: 3 }];
  if (startedAt !== undefined) container.state!.terminated!.message = JSON.stringify(entries);
  return container;
}

/** A Pod with these containers, in whole seconds: created and scheduled at 2, taken by the node at 2, initialised from 3 to 4. */
export function podOf(containerStatuses: ContainerStatus[], rest: Partial<PodStatus> = {}): Pod {
  const one = pod('compile-pod', 'Succeeded');
  const scheduled = [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at(2) }];
  return { ...one, status: { ...one.status, startTime: at(2), conditions: scheduled, containerStatuses, ...rest } };
}
