import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

import type { ReflectorObserver } from '../reflector.ts';

const SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];
const EVENT_TYPES = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'];

/** The reflector_* metrics, by resource. */
export function createReflectorMetrics(registry: Registry): (resource: string) => ReflectorObserver {
  const common = { labelNames: ['resource'] as const, registers: [registry] };
  const lists = new Counter({ ...common, name: 'reflector_lists_total', help: 'Whole lists read' });
  const listDuration = new Histogram({
    ...common,
    name: 'reflector_list_duration_seconds',
    help: 'Time to read a whole list',
    buckets: SECONDS,
  });
  const items = new Gauge({ ...common, name: 'reflector_last_list_items', help: 'Objects in the last whole list' });
  const watches = new Counter({ ...common, name: 'reflector_watches_total', help: 'Watches opened' });
  const events = new Counter({
    name: 'reflector_events_total',
    help: 'Events of watches',
    labelNames: ['resource', 'type'] as const,
    registers: [registry],
  });
  const failures = new Counter({
    name: 'reflector_failures_total',
    help: 'Lists and watches that failed and are retried',
    labelNames: ['resource', 'operation'] as const,
    registers: [registry],
  });
  const lastContact = new Gauge({
    ...common,
    name: 'reflector_last_contact_timestamp_seconds',
    help: 'Time of the last response or event of the API server, in seconds since 1970; 0: none yet',
  });
  return (resource) => {
    const heard = (): void => lastContact.set({ resource }, Date.now() / 1000);
    for (const counter of [lists, watches]) counter.inc({ resource }, 0);
    for (const type of EVENT_TYPES) events.inc({ resource, type }, 0);
    for (const operation of ['list', 'watch']) failures.inc({ resource, operation }, 0);
    for (const gauge of [items, lastContact]) gauge.set({ resource }, 0);
    listDuration.zero({ resource });
    return {
      listed(count, tookMs) {
        lists.inc({ resource });
        listDuration.observe({ resource }, tookMs / 1000);
        items.set({ resource }, count);
        heard();
      },
      watched: () => watches.inc({ resource }),
      event(type) {
        // The server's event type becomes a label, so only known types are counted.
        events.inc({ resource, type: EVENT_TYPES.includes(type) ? type : 'other' });
        heard();
      },
      failed: (operation) => failures.inc({ resource, operation }),
    };
  };
}
