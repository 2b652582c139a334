import { randomBytes } from 'node:crypto';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { EVENTS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { kubeTime } from './types.ts';
import type { Pod } from './types.ts';

export interface PodEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** `spec.containers{name}` where the Event is about one container. */
  fieldPath?: string;
  component?: string;
}

export type RecordEvent = (pod: Pod, event: PodEvent) => void;

/** Writes Events about Pods in order. One that can't be written is logged: nothing waits for an Event. */
export function createEventRecorder(
  client: KubeClient,
  nodeName: string,
  log: Logger,
  now: () => Date,
): { record: RecordEvent; flush(): Promise<void> } {
  let last: Promise<void> = Promise.resolve();
  const write = async (pod: Pod, event: PodEvent, time: string): Promise<void> => {
    const { name, namespace, uid, resourceVersion } = pod.metadata;
    const component = event.component ?? 'kubelet';
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        name,
        namespace,
        uid,
        resourceVersion,
        fieldPath: event.fieldPath,
      },
      type: event.type,
      reason: event.reason,
      message: event.message.slice(0, 1024),
      source: { component, host: nodeName },
      reportingComponent: component,
      reportingInstance: nodeName,
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    };
    try {
      await client.request('POST', resourcePath(EVENTS, { namespace }), { body });
    } catch (error) {
      log.debug('event not written', { pod: name, reason: event.reason, error });
    }
  };
  return {
    record: (pod, event) => {
      const time = kubeTime(now());
      last = last.then(() => write(pod, event, time));
    },
    flush: () => last,
  };
}
