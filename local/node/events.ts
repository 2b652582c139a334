import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { createEventRecorder } from '../../shared/kubernetes/events.ts';
import type { EventDetails, RunningEventRecorder } from '../../shared/kubernetes/events.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { Pod } from './types.ts';

export interface PodEvent extends EventDetails {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

export type RecordEvent = (pod: Pod, event: PodEvent) => void;

/** Writes Events about Pods as the kubelet of `nodeName` does. */
export function createPodEventRecorder(
  client: KubeClient,
  nodeName: string,
  log: Logger,
  now: () => Date,
): Pick<RunningEventRecorder, 'stop'> & { record: RecordEvent } {
  const events = createEventRecorder(client, { component: 'kubelet', host: nodeName, log, clock: now });
  return {
    // Objects from the API server may have no kind.
    record: (pod, { type, reason, message, ...details }) =>
      events.record({ ...pod, apiVersion: 'v1', kind: 'Pod' }, type, reason, message, details),
    stop: () => events.stop(),
  };
}
