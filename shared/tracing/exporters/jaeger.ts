import { ExportResultCode } from '@opentelemetry/core';
import type { ExportResult } from '@opentelemetry/core';
import { JaegerExporter } from '@opentelemetry/exporter-jaeger';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { ExportError, publicUrl } from './sink.ts';
import type { SpanSink } from './sink.ts';

export interface JaegerOptions {
  /** `…/api/traces` of a Jaeger collector. */
  url: URL;
  timeoutMs?: number;
}

/** Resource attributes go into the exporter's process tags: as span attributes they would be repeated on every span. */
function withServiceOnly(span: ReadableSpan): ReadableSpan {
  const resource = resourceFromAttributes({ 'service.name': span.resource.attributes['service.name'] });
  return Object.create(span, { resource: { value: resource, enumerable: true } }) as ReadableSpan;
}

/** A collector that says 4xx says it again; of all else (not reached, no answer, 5xx) the next try may be better. */
function isRetryable(error: unknown): boolean {
  const status = Number(/responded with HTTP (\d{3})/.exec(String(error))?.[1] ?? 0);
  return status < 400 || status >= 500 || status === 408 || status === 429;
}

/** The product has three; containers whose spans are handed on have one each. */
const MAX_EXPORTERS = 50;

/** What Thrift calls a process: a resource. */
const processOf = (span: ReadableSpan): string => JSON.stringify(span.resource.attributes);

/**
 * Jaeger Thrift over HTTP by `@opentelemetry/exporter-jaeger`. That exporter files all spans under the first resource it saw, so
 * each resource gets one of its own; after a failure it is thrown away, because it may hold part of the batch.
 * Its sender takes every status below 400 as accepted (a redirect too) and knows no timeout, so the time is kept here.
 */
export function createJaegerSink({ url, timeoutMs = 10_000 }: JaegerOptions): SpanSink {
  const target = publicUrl(url);
  const exporters = new Map<string, JaegerExporter>();

  function exporterFor(span: ReadableSpan): JaegerExporter {
    const { 'service.name': _service, ...tags } = span.resource.attributes;
    const known = exporters.get(processOf(span));
    if (known) return known;
    const endpoint = new URL(url);
    endpoint.username = '';
    endpoint.password = '';
    const exporter = new JaegerExporter({
      endpoint: endpoint.href,
      username: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      // Each export flushes, so its shutdown has nothing to wait for, but would keep the process for this long.
      flushTimeout: 1,
      tags: Object.entries(tags).map(([key, value]) => ({ key, value: value as string })),
    });
    exporters.set(processOf(span), exporter);
    return exporter;
  }

  function forget(process: string): void {
    void exporters
      .get(process)
      ?.shutdown()
      .catch(() => undefined);
    exporters.delete(process);
  }

  async function sendProcess(process: string, spans: ReadableSpan[], signal: AbortSignal | undefined): Promise<void> {
    const exporter = exporterFor(spans[0] as ReadableSpan);
    try {
      await exportWithin(exporter, spans.map(withServiceOnly), timeoutMs, signal);
    } catch (error) {
      forget(process);
      throw new ExportError(`${target}: ${error instanceof Error ? error.message : String(error)}`, {
        retryable: isRetryable(error),
        cause: error,
      });
    }
  }

  async function send(spans: ReadableSpan[], signal?: AbortSignal): Promise<void> {
    for (const [process, group] of Map.groupBy(spans, processOf)) await sendProcess(process, group, signal);
    for (const process of [...exporters.keys()].slice(0, -MAX_EXPORTERS)) forget(process);
  }

  return {
    send,
    target,
    close: async () => {
      await Promise.all([...exporters.values()].map((exporter) => exporter.shutdown()));
      exporters.clear();
    },
  };
}

function exportWithin(
  exporter: JaegerExporter,
  spans: ReadableSpan[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(new Error(`no response within ${timeoutMs} ms`))), timeoutMs);
    const abort = (): void => finish(() => reject(signal?.reason as Error));
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      settle();
    };
    signal?.addEventListener('abort', abort, { once: true });
    exporter.export(spans, (result: ExportResult) =>
      finish(() =>
        result.code === ExportResultCode.SUCCESS ? resolve() : reject(result.error ?? new Error('the export failed')),
      ),
    );
  });
}
