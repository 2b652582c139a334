import type { V1PodSpec } from '@kubernetes/client-node';

import type { KubeObject } from '../../shared/kubernetes/types.ts';

export interface TerminatedState {
  exitCode: number;
  reason: string;
  message?: string;
  signal?: number;
  startedAt: string;
  finishedAt: string;
  containerID: string;
}

export interface ContainerState {
  waiting?: { reason: string; message?: string };
  running?: { startedAt: string };
  terminated?: TerminatedState;
}

export interface ContainerStatus {
  name: string;
  state: ContainerState;
  lastState: ContainerState;
  ready: boolean;
  started: boolean;
  restartCount: number;
  image: string;
  imageID: string;
  containerID?: string;
}

export interface PodCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  lastProbeTime: null;
  lastTransitionTime: string;
  reason?: string;
  message?: string;
}

export interface PodStatus {
  phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  reason?: string | null;
  message?: string | null;
  startTime?: string;
  hostIP?: string;
  hostIPs?: { ip: string }[];
  podIP?: string;
  podIPs?: { ip: string }[];
  conditions?: PodCondition[];
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
}

/** A Pod as JSON: client-node's types have Date where the API has strings. */
export interface Pod extends KubeObject {
  spec: V1PodSpec;
  status?: PodStatus;
}

/** `name_namespace(uid)`: how the kubelet names a Pod in its messages. */
export function describePod(pod: Pod): string {
  return `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
}

/**
 * RFC 3339 with milliseconds. A kubelet writes whole seconds. Readers of Kubernetes times accept both, and a trace of short steps needs
 * milliseconds.
 */
export function kubeTime(date: Date): string {
  return date.toISOString();
}
