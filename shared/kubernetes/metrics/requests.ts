import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

import type { RequestObserver } from '../client/attempts.ts';

/** component-base's buckets for the same metrics. */
const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** Metrics of requests to the API server. Labels have resources, never object names. */
export function createRequestMetrics(registry: Registry): RequestObserver {
  const registers = [registry];
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'HTTP requests sent to the API server, retries included; code <error>: no response',
    labelNames: ['code', 'method', 'resource'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Time to the end of the response; for watches and logs to its beginning',
    labelNames: ['method', 'resource'] as const,
    buckets: SECONDS,
    registers,
  });
  const retries = new Counter({
    name: 'rest_client_request_retries_total',
    help: 'HTTP requests sent again, by the code of the previous response',
    labelNames: ['code', 'method', 'resource'] as const,
    registers,
  });
  const throttled = new Histogram({
    name: 'rest_client_rate_limiter_duration_seconds',
    help: 'Time requests waited for the rate limit of this process',
    labelNames: ['method', 'resource'] as const,
    buckets: SECONDS,
    registers,
  });
  return {
    answered(method, resource, code, tookMs) {
      requests.inc({ code, method, resource });
      duration.observe({ method, resource }, tookMs / 1000);
    },
    retried: (method, resource, code) => retries.inc({ code, method, resource }),
    throttled: (method, resource, waitedMs) => throttled.observe({ method, resource }, waitedMs / 1000),
  };
}
