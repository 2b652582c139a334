import { randomBytes } from 'node:crypto';

import { context, ROOT_CONTEXT } from '@opentelemetry/api';

import type { Logger } from '../runtime/log.ts';
import type { KubeClient } from './client.ts';
import { EVENTS, resourcePath } from './resources.ts';
import type { KubeObject } from './types.ts';

export type EventType = 'Normal' | 'Warning';

export interface EventRecorder {
  /** Sends a core/v1 Event about `object`, without waiting and without ever failing: what goes wrong is logged. */
  record(object: KubeObject, type: EventType, reason: string, message: string): void;
  /** Resolves when the Events recorded so far were answered. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  /** The Event's source, such as `tektrace-taskrun-controller`. */
  component: string;
  log: Logger;
  clock?: () => Date;
}

const MAX_MESSAGE_LENGTH = 1024;

/** Cuts a message to what `kubectl describe` can show and every API version takes. */
function shortened(message: string): string {
  return message.length <= MAX_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}

/** Records Kubernetes Events through `client`. */
export function createEventRecorder(client: KubeClient, options: EventRecorderOptions): EventRecorder {
  const { component, log, clock = () => new Date() } = options;
  const pending = new Set<Promise<void>>();

  async function send(object: KubeObject, type: EventType, reason: string, message: string): Promise<void> {
    const { name, uid, resourceVersion } = object.metadata;
    const namespace = object.metadata.namespace ?? 'default';
    const time = `${clock().toISOString().slice(0, 19)}Z`;
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
      involvedObject: { apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid, resourceVersion },
      type,
      reason,
      message: shortened(message),
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    };
    try {
      await client.request('POST', resourcePath(EVENTS, { namespace }), { body });
    } catch (error) {
      log.warn('event not recorded', { object: `${namespace}/${name}`, reason, error });
    }
  }

  return {
    record(object, type, reason, message) {
      // Outside the reconcile's trace: it ends without waiting for Events.
      const sent = context.with(ROOT_CONTEXT, () => send(object, type, reason, message));
      pending.add(sent);
      void sent.finally(() => pending.delete(sent));
    },
    async flush() {
      await Promise.all(pending);
    },
  };
}
