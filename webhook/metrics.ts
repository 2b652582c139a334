import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

import { UNCHANGED } from './outcome.ts';
import type { Outcome } from './outcome.ts';

/** A request's kind is its path's; `other` is a path that is not served. */
export const KINDS = ['pipelinerun', 'taskrun', 'pod'] as const;
export type ReviewKind = (typeof KINDS)[number] | 'other';

/** In seconds. A review takes some 100 µs; the API server waits two seconds. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2];

/** Reports of the webhook, for metrics. */
export interface WebhookObserver {
  /** The headers of a request were read. */
  began(): void;
  /** The request's connection has the whole response, or is gone (`code` is `<aborted>`). */
  ended(kind: ReviewKind, code: string, tookMs: number): void;
  /** What was decided about a review's object. */
  decided(kind: ReviewKind, outcome: Outcome): void;
  /** An owner reference was refused: its object has a trace of its own. */
  refusedOwner(kind: ReviewKind): void;
}

/** Registers the webhook's metrics, once per registry. Each series of a decision starts at zero. */
export function createWebhookMetrics(registry: Registry): WebhookObserver {
  const registers = [registry];
  const inFlight = new Gauge({
    name: 'tektrace_webhook_requests_in_flight',
    help: 'Requests that have no whole response yet',
    registers,
  });
  const requests = new Counter({
    name: 'tektrace_webhook_requests_total',
    help: 'Requests by kind and HTTP status; code <aborted>: the client went before the response',
    labelNames: ['kind', 'code'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'tektrace_webhook_request_duration_seconds',
    help: 'From the headers of a request to the end of its response',
    labelNames: ['kind'] as const,
    buckets: SECONDS,
    registers,
  });
  const objects = new Counter({
    name: 'tektrace_webhook_objects_total',
    help: 'Objects of reviews: stamped, or why not',
    labelNames: ['kind', 'outcome'] as const,
    registers,
  });
  const refused = new Counter({
    name: 'tektrace_webhook_refused_owners_total',
    help: 'Objects with a trace of their own, because who created them may not claim their owner',
    labelNames: ['kind'] as const,
    registers,
  });
  for (const kind of KINDS) {
    duration.zero({ kind });
    refused.inc({ kind }, 0);
    for (const outcome of ['stamped', ...UNCHANGED] as const) objects.inc({ kind, outcome }, 0);
  }
  return {
    began: () => inFlight.inc(),
    ended(kind, code, tookMs) {
      inFlight.dec();
      requests.inc({ kind, code });
      duration.observe({ kind }, tookMs / 1000);
    },
    decided: (kind, outcome) => objects.inc({ kind, outcome }),
    refusedOwner: (kind) => refused.inc({ kind }),
  };
}
