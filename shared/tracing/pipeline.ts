import type { Logger } from '../runtime/log.ts';
import type { SpanSink } from './exporters/sink.ts';
import { installHttpInstrumentation } from './http-instrumentation.ts';
import { createReconcileTracing } from './reconcile-tracing.ts';
import type { RecordReconcile } from './reconcile-tracing.ts';
import { SpanQueue } from './span-queue.ts';
import { DEFAULT_SPAN_SETTINGS } from './span-settings.ts';
import type { SpanSettings } from './span-settings.ts';

/** The path of the controllers' own spans: from function to collector. */
export interface TracingPipeline {
  recordReconcile: RecordReconcile;
  queue: SpanQueue;
}

/** Instruments this process and sends the spans of its reconciles to `sink`. `clusterKey` identifies the cluster on each span. */
export function createTracingPipeline(
  sink: SpanSink,
  clusterKey: string,
  log: Logger,
  settings: SpanSettings = DEFAULT_SPAN_SETTINGS,
): TracingPipeline {
  installHttpInstrumentation();
  const queue = new SpanQueue({ sink, log });
  return { recordReconcile: createReconcileTracing({ queue, clusterKey, settings }), queue };
}
