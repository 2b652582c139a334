import { ExportResultCode } from '@opentelemetry/core';
import type { ExportResult } from '@opentelemetry/core';
import { JaegerExporter } from '@opentelemetry/exporter-jaeger';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { ExportError, publicUrl } from './sink.ts';
import type { SpanSink } from './sink.ts';

export interface JaegerOptions {
  /** `…/api/traces` of a Jaeger collector. */
  url: URL;
  timeoutMs?: number;
}

/** Resource attributes become the exporter's process tags; as span attributes they would be repeated on every span. */
function withServiceOnly(span: ReadableSpan): ReadableSpan {
  const resource = resourceFromAttributes({ 'service.name': span.resource.attributes['service.name'] });
  return Object.create(span, { resource: { value: resource, enumerable: true } }) as ReadableSpan;
}

/** A 4xx response is final. After any other failure (no connection, no response, 5xx) a retry may succeed. */
function isRetryable(error: unknown): boolean {
  const status = Number(/responded with HTTP (\d{3})/.exec(String(error))?.[1] ?? 0);
  return status < 400 || status >= 500 || status === 408 || status === 429;
}

/** Maximum of services: Tektrace has three, and each container whose spans are forwarded has one. */
const MAX_EXPORTERS = 50;

/** Thousands of spans share a resource. */
const processes = new WeakMap<Resource, string>();

/** A resource, which Thrift calls a process. */
function processOf({ resource }: ReadableSpan): string {
  const known = processes.get(resource) ?? JSON.stringify(resource.attributes);
  processes.set(resource, known);
  return known;
}

/**
 * Jaeger Thrift over HTTP with `@opentelemetry/exporter-jaeger`. That exporter uses the first resource for all spans, so each resource gets its own
 * exporter; after a failure it is replaced, because it may still have part of the batch. Its sender accepts every status below 400 (also a
 * redirect) and has no timeout, so the timeout is here.
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
      // Each export flushes, so the shutdown has nothing to send, but would keep the process running for this long.
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
