import { randomBytes } from 'node:crypto';

import type { KubeObject } from '../types.ts';

export type EventType = 'Normal' | 'Warning';

/** A core/v1 Event as it is sent. */
export interface CoreEvent {
  apiVersion: 'v1';
  kind: 'Event';
  metadata: { name: string; namespace: string };
  involvedObject: {
    apiVersion?: string;
    kind?: string;
    name?: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    fieldPath?: string;
  };
  type: EventType;
  reason: string;
  message: string;
  source: { component: string; host?: string };
  reportingComponent: string;
  reportingInstance: string;
  firstTimestamp: string;
  lastTimestamp: string;
  count: number;
}

export interface EventAbout {
  object: KubeObject;
  /** `spec.containers{name}` if the Event is about one container. */
  fieldPath?: string;
  type: EventType;
  reason: string;
  message: string;
  component: string;
  host?: string;
  time: Date;
}

const MAX_MESSAGE_LENGTH = 1024;
const MAX_NAME_LENGTH = 253;

/** Cuts a message to the length that every API version accepts. */
export function shortened(message: string): string {
  return message.length <= MAX_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}

/** A unique name of an Event. A long object name is cut. */
export function eventName(objectName: string): string {
  const suffix = `.${randomBytes(8).toString('hex')}`;
  return objectName.slice(0, MAX_NAME_LENGTH - suffix.length).replace(/[^a-z0-9]+$/, '') + suffix;
}

/** The Event of one occurrence. Times have milliseconds, which short steps need in the trace; some API servers cut them to seconds. */
export function buildEvent({ object, fieldPath, type, reason, message, component, host, time }: EventAbout): CoreEvent {
  const { name = '', namespace, uid, resourceVersion } = object.metadata;
  const timestamp = time.toISOString();
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: eventName(name), namespace: namespace ?? 'default' },
    involvedObject: {
      ...{ apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid, resourceVersion, fieldPath },
    },
    ...{ type, reason, message: shortened(message) },
    source: { component, ...(host !== undefined && { host }) },
    reportingComponent: component,
    reportingInstance: host ?? '',
    firstTimestamp: timestamp,
    lastTimestamp: timestamp,
    count: 1,
  };
}
