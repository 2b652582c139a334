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

/** What becomes of an Event: sent as a new one, counted up, held back as one of too many, no room for it, refused. */
export const EVENT_OUTCOMES = ['created', 'updated', 'suppressed', 'dropped', 'failed'] as const;
export type EventObserver = (outcome: (typeof EVENT_OUTCOMES)[number]) => void;

export interface EventDetails {
  /** `spec.containers{name}` where the Event is about one container. */
  fieldPath?: string;
  /** Another source than the recorder's. */
  component?: string;
}

export interface EventRecorder {
  /** Sends a core/v1 Event about `object`, without waiting and without ever failing: what goes wrong is logged and counted. */
  record(object: KubeObject, type: EventType, reason: string, message: string, details?: EventDetails): void;
  /** Resolves when the Events recorded so far were answered, or given up. */
  flush(): Promise<void>;
}

export interface RunningEventRecorder extends EventRecorder {
  /** Takes no more Events and tries those that wait once more, for 5 s at most. */
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

/** Records Kubernetes Events through `client`, in their order: repeated ones counted up, too many held back (`EventCorrelator`). */
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
    // Not within `record`: its caller goes on.
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
    // One warning until all of them were recorded, however long the burst.
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
      // Outside the reconcile's trace: it ends without waiting for Events.
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
