import type { V1Container } from '@kubernetes/client-node';

import type { ContainerLog } from '../logs/container-log.ts';
import type { ContainerState, ContainerStatus } from '../types.ts';

/** The node's record of one container of a Pod. */
export interface ContainerRecord {
  /** The current spec; a new image replaces it. */
  spec: V1Container;
  kind: 'init' | 'sidecar' | 'main';
  state: ContainerState;
  lastState: ContainerState;
  ready: boolean;
  started: boolean;
  restartCount: number;
  containerID?: string;
  /** The log of the current run, and of the one before it. */
  log?: ContainerLog;
}

export function createRecord(spec: V1Container, kind: ContainerRecord['kind'], waitingReason: string): ContainerRecord {
  return {
    spec,
    kind,
    state: { waiting: { reason: waitingReason } },
    lastState: {},
    ready: false,
    started: false,
    restartCount: 0,
  };
}

/** `imageID` is empty: there is no image store with digests. */
export function containerStatus(record: ContainerRecord): ContainerStatus {
  const { spec, state, lastState, ready, started, restartCount, containerID } = record;
  return {
    name: spec.name,
    state,
    lastState,
    ready,
    started,
    restartCount,
    image: spec.image ?? '',
    imageID: '',
    ...(containerID === undefined ? {} : { containerID }),
  };
}

/** The fieldPath of the container's Events. */
export function fieldPath({ spec, kind }: ContainerRecord): string {
  return `spec.${kind === 'main' ? 'containers' : 'initContainers'}{${spec.name}}`;
}
