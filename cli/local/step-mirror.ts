import type { TraceStore } from '../../local/tracestore/server.ts';
import { apartReason, type SpanSender } from '../../shared/otlp/sender.ts';
import { locateSpans, type LocatedSpan } from '../../shared/otlp/spans.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { SpanSink } from '../../shared/tracing/exporters/sink.ts';
import { receivedSpan } from '../../shared/tracing/received-span.ts';
import { SpanQueue } from '../../shared/tracing/span-queue.ts';

export interface StepMirrorOptions {
  sink: SpanSink;
  traces: Pick<TraceStore, 'hasOwnSpan' | 'onChange'>;
  /** Says on each resource that this machine's clock dated the spans, as on the run's own: Jaeger warns of a late span otherwise. */
  host: Record<string, string>;
  /** Kept while the collector is away. */
  maxSpans: number;
  log: Logger;
}

interface Waiting {
  sender: SpanSender;
  spans: LocatedSpan[];
}

/** Hands what steps send on to the user's collector. */
export interface StepMirror {
  add(traces: TracesData, sender: SpanSender): void;
  /** Sends what is left, and resolves when it has left or after `timeoutMs`. */
  shutDown(timeoutMs: number): Promise<void>;
}

/**
 * Spans wait until the trace has the span of the step that sent them: by then the spans of its task are known, and none of theirs can be
 * claimed by the step. What is apart from the run's trace is not handed on.
 */
export function createStepMirror({ sink, traces, host, maxSpans, log }: StepMirrorOptions): StepMirror {
  const queue = new SpanQueue({ sink, log, maxSpans });
  const waiting = new Map<string, Waiting>();

  const handOn = ({ sender, spans }: Waiting): void => {
    const free = spans.filter(({ span }) => !traces.hasOwnSpan(sender.traceId, span.spanId));
    if (free.length > 0) queue.add(free.map((located) => receivedSpan(located, host)));
  };
  const unsubscribe = traces.onChange((traceId) => {
    for (const [spanId, kept] of waiting) {
      if (kept.sender.traceId !== traceId || !traces.hasOwnSpan(traceId, spanId)) continue;
      waiting.delete(spanId);
      handOn(kept);
    }
  });
  return {
    add: (sent, sender) => {
      const spans = locateSpans(sent).filter((located) => apartReason(located) === undefined);
      if (traces.hasOwnSpan(sender.traceId, sender.spanId)) {
        handOn({ sender, spans });
        return;
      }
      const kept = waiting.get(sender.spanId) ?? { sender, spans: [] };
      kept.spans.push(...spans);
      waiting.set(sender.spanId, kept);
    },
    shutDown: async (timeoutMs) => {
      unsubscribe();
      for (const kept of waiting.values()) handOn(kept);
      waiting.clear();
      await queue.shutDown(timeoutMs);
    },
  };
}
