import { context, ROOT_CONTEXT } from '@opentelemetry/api';

import type { Logger } from '../runtime/log.ts';
import { sleep as realSleep } from '../runtime/sleep.ts';
import type { KubeClient } from './client.ts';
import { EventCorrelator } from './events/correlator.ts';
import { buildEvent } from './events/event.ts';
import type { CoreEvent, EventType } from './events/event.ts';
import { isNamespaceGone, isPassing, writeEvent } from './events/write.ts';
import type { KubeObject } from './types.ts';

export type { EventType } from './events/event.ts';

/** The outcome of an Event: created, counted up, dropped by the rate limit, dropped by a full queue, refused. */
export const EVENT_OUTCOMES = ['created', 'updated', 'suppressed', 'dropped', 'failed'] as const;
export type EventObserver = (outcome: (typeof EVENT_OUTCOMES)[number]) => void;

export interface EventDetails {
  /** `spec.containers{name}` if the Event is about one container. */
  fieldPath?: string;
  /** Another source than the recorder's. */
  component?: string;
}

export interface EventRecorder {
  /** Sends a core/v1 Event about `object`. Returns at once and never throws: failures are logged and counted. */
  record(object: KubeObject, type: EventType, reason: string, message: string, details?: EventDetails): void;
  /** Resolves when the present Events were sent or dropped. */
  flush(): Promise<void>;
}

export interface RunningEventRecorder extends EventRecorder {
  /** Takes no more Events, and sends the waiting ones once more, for at most 5 s. */
  stop(): Promise<void>;
}

export interface EventRecorderOptions {
  /** The Event's source, such as `tektrace-taskrun-controller`. */
  component: string;
  /** The source's node. */
  host?: string;
  log: Logger;
  observer?: EventObserver;
  clock?: () => Date;
  random?: () => number;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** client-go's. */
const MAX_QUEUED = 1000;
const BACKOFF_MS = { first: 1_000, max: 10_000 };
const MAX_TRIES = 8;
const STOP_MS = 5_000;

/** Sends Kubernetes Events through `client`, in their order. Repeated ones are counted up, and the rate is limited (`EventCorrelator`). */
export function createEventRecorder(client: KubeClient, options: EventRecorderOptions): RunningEventRecorder {
  const { component, host, log, clock = () => new Date(), random = Math.random, sleep = realSleep } = options;
  const observe = options.observer ?? (() => undefined);
  const correlator = new EventCorrelator(() => clock().getTime());
  const queue: CoreEvent[] = [];
  const stopping = new AbortController();
  const stopped = new AbortController();
  let sending: Promise<void> | undefined;
  let isFull = false;

  async function send(event: CoreEvent): Promise<void> {
    const { namespace, name } = event.involvedObject;
    const fields = { object: `${namespace ?? ''}/${name}`, reason: event.reason };
    let backoffMs = BACKOFF_MS.first;
    for (let tries = 1; ; tries++) {
      try {
        return observe(await writeEvent(client, event, stopped.signal));
      } catch (error) {
        if (tries < MAX_TRIES && isPassing(error) && !stopping.signal.aborted) {
          await sleep(backoffMs * (0.5 + random()), stopping.signal).catch(() => undefined);
          backoffMs = Math.min(backoffMs * 2, BACKOFF_MS.max);
          continue;
        }
        observe('failed');
        if (isNamespaceGone(error)) log.debug('event not recorded: its namespace is being deleted', fields);
        else log.warn('event not recorded', { ...fields, error });
        return;
      }
    }
  }

  async function sendAll(): Promise<void> {
    // Not in `record`, whose caller must not wait.
    await Promise.resolve();
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      if (stopped.signal.aborted) {
        observe('dropped');
        continue;
      }
      const correlated = correlator.correlate(event);
      if (!correlated) observe('suppressed');
      else await send(correlated);
    }
    // One warning until the queue is empty, however long the burst.
    isFull = false;
    sending = undefined;
  }

  function drop(): void {
    observe('dropped');
    if (!isFull) log.warn('too many events wait to be recorded, dropping new ones', { maxQueued: MAX_QUEUED });
    isFull = true;
  }

  return {
    record(object, type, reason, message, details = {}) {
      if (stopping.signal.aborted) return observe('dropped');
      if (queue.length >= MAX_QUEUED) return drop();
      const source = { component: details.component ?? component, ...(host !== undefined && { host }) };
      const { fieldPath } = details;
      const about = { object, ...(fieldPath !== undefined && { fieldPath }), type, reason, message };
      queue.push(buildEvent({ ...about, ...source, time: clock() }));
      // Outside the reconcile's trace, because the reconcile does not wait for Events.
      sending ??= context.with(ROOT_CONTEXT, sendAll);
    },
    async flush() {
      await sending;
    },
    async stop() {
      stopping.abort();
      const timer = setTimeout(() => {
        log.warn('events were not recorded before the end', { events: queue.length });
        stopped.abort(new Error('the recorder has stopped'));
      }, STOP_MS);
      await sending;
      clearTimeout(timer);
    },
  };
}
