import { Counter } from 'prom-client';
import type { Registry } from 'prom-client';

import { EVENT_OUTCOMES } from '../events.ts';
import type { EventObserver } from '../events.ts';

/** Recorded Events by outcome. */
export function createEventMetrics(registry: Registry): EventObserver {
  const events = new Counter({
    name: 'tektrace_events_total',
    help: 'Events recorded, by outcome',
    labelNames: ['outcome'] as const,
    registers: [registry],
  });
  for (const outcome of EVENT_OUTCOMES) events.inc({ outcome }, 0);
  return (outcome) => events.inc({ outcome });
}
