import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';

import type { JaegerQuery } from '../../local/jaeger/query.ts';
import { locateSpans } from '../../shared/otlp/spans.ts';
import type { SpanSink } from '../../shared/tracing/exporters/sink.ts';
import { serviceResource } from '../../shared/tracing/resource.ts';
import { toReadableSpan } from '../../shared/tracing/span-record.ts';
import type { SpanSettings } from '../../shared/tracing/span-settings.ts';
import { sentence } from '../errors.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

/** Of the collector's answer. */
const TIMEOUT_MS = 30_000;
const SPAN_NAME = 'tektrace check';
/** Not the service of runs, by which lists of runs are made. */
const SERVICE = 'tektrace';

/** Sends the span `tektrace check`, as the root of the trace `traceId`. Throws what the sink throws. */
export async function sendSpan(
  sink: SpanSink,
  settings: SpanSettings,
  traceId: string,
  startMs: number,
): Promise<void> {
  const span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: SPAN_NAME,
    kind: SpanKind.INTERNAL,
    startMs,
    endMs: Date.now(),
    attributes: {},
    status: { code: SpanStatusCode.UNSET },
    events: [],
    links: [],
  };
  const resource = serviceResource(SERVICE, 'tektrace-check', settings.resourceAttributes);
  await sink.send([toReadableSpan(span, resource, settings.limits)], AbortSignal.timeout(TIMEOUT_MS));
}

/** What to do about a collector's refusal, besides what it says itself. */
function remedyOf(reason: string): string | undefined {
  if (/use http:|--otlp-protocol|--jaeger-collector-url|web page/.test(reason)) return undefined;
  if (/\b(401|403)\b|unauthenticated|permission.denied/i.test(reason))
    return 'give it its credentials: --otlp-headers-file FILE; in the cluster a Secret that otlp.headersSecret of the chart names';
  if (/certificate/i.test(reason))
    return 'name the authority of its certificate: --otlp-ca-file FILE; in the cluster a Secret that otlp.caSecret of the chart names';
  return 'see that it listens there for this protocol (OTLP: port 4318 or 4317; Thrift: 14268)';
}

/** Of Jaeger's query service and page. */
const QUERY_PORT = '16686';

/** Whether the collector accepts a span. `sendSpan` resolves to its URL; undefined if none is named. `inCluster`: where the controller sends its spans. */
export async function checkCollector(
  send: ((traceId: string) => Promise<string>) | undefined,
  traceId: string,
  inCluster: { url: string; test: string } | undefined,
): Promise<Finding> {
  if (!send && inCluster)
    return finding(
      'unknown',
      'collector',
      `this machine was not told how it reaches ${inCluster.url}`,
      `${inCluster.test} sends it a span from the cluster; --jaeger-collector-url URL from here`,
    );
  if (!send) return finding('unknown', 'collector', 'none was named: --jaeger-collector-url URL sends it a span');
  try {
    const url = await send(traceId);
    // With Thrift any answer below 400 counts as acceptance, and Jaeger's page answers every request with 200.
    if (URL.parse(url)?.port === QUERY_PORT)
      return finding(
        'warning',
        'collector',
        `${url} accepted a span, but ${QUERY_PORT} is usually the port of Jaeger's page, which keeps none`,
        'name the collector (OTLP: port 4318 or 4317; Thrift: 14268); --jaeger-query-url says whether the span has arrived',
      );
    return finding('ok', 'collector', `${url} accepted a span`);
  } catch (error) {
    const reason = sentence(error);
    return finding('failed', 'collector', `it did not accept a span: ${reason}`, remedyOf(reason));
  }
}

/** How long Jaeger may take until it shows what its collector has accepted. */
const SHOWN_WITHIN_MS = 15_000;
const POLL_MS = 500;

/** Whether Jaeger shows the span that the collector has accepted. */
export async function checkJaeger(query: JaegerQuery, traceId: string, withinMs = SHOWN_WITHIN_MS): Promise<Finding> {
  const deadline = Date.now() + withinMs;
  try {
    for (;;) {
      const trace = await query.trace(traceId, AbortSignal.timeout(withinMs));
      if (trace && locateSpans(trace).some(({ span }) => span.name === SPAN_NAME))
        return finding('ok', 'Jaeger', `${query.url} shows the span`);
      if (Date.now() >= deadline) break;
      await delay(POLL_MS);
    }
  } catch (error) {
    return finding(
      'failed',
      'Jaeger',
      sentence(error),
      'see that --jaeger-query-url names the query service (port 16686), with its base path',
    );
  }
  return finding(
    'failed',
    'Jaeger',
    `${query.url} does not show the span ${withinMs / 1000} s after the collector has accepted it (trace ${traceId})`,
    'see that the collector passes spans on to the storage that this Jaeger reads: its own log, its sampling (tail_sampling drops traces), its exporters',
  );
}
