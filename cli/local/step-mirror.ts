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
  /** Identifies the cluster on each resource, as on the run's own spans: with another host Jaeger reports clock skew. */
  host: Record<string, string>;
  /** Spans that are kept while the collector is unreachable, and as many that wait for their steps' own. */
  maxSpans: number;
  log: Logger;
}

interface Waiting {
  sender: SpanSender;
  spans: LocatedSpan[];
}

/** Forwards the spans of steps to the user's collector. */
export interface StepMirror {
  add(traces: TracesData, sender: SpanSender): void;
  /** Sends the remaining spans. Resolves when they are sent, or after `timeoutMs`. */
  shutDown(timeoutMs: number): Promise<void>;
}

/**
 * Spans wait until the trace has the span of the step that sent them. Then the ids of its task's spans are known, and the step can't claim
 * one of them. Of too many that wait those of the oldest step are dropped. Spans apart from the run's trace are not forwarded.
 */
export function createStepMirror({ sink, traces, host, maxSpans, log }: StepMirrorOptions): StepMirror {
  const queue = new SpanQueue({ sink, log, maxSpans });
  const waiting = new Map<string, Waiting>();
  let waitingSpans = 0;

  const take = (spanId: string, { spans }: Waiting): void => {
    waiting.delete(spanId);
    waitingSpans -= spans.length;
  };
  /** A step's own span may never come, if its TaskRun can't be exported. */
  const dropOldest = (): void => {
    for (const [spanId, kept] of waiting) {
      if (waitingSpans <= maxSpans) return;
      take(spanId, kept);
      log.warn('spans of a step are not passed on: its own span has not come', {
        dropped: kept.spans.length,
        ...kept.sender,
      });
    }
  };
  const handOn = ({ sender, spans }: Waiting): void => {
    const free = spans.filter(({ span }) => !traces.hasOwnSpan(sender.traceId, span.spanId));
    if (free.length > 0) queue.add(free.map((located) => receivedSpan(located, host)));
  };
  const unsubscribe = traces.onChange((traceId) => {
    for (const [spanId, kept] of waiting) {
      if (kept.sender.traceId !== traceId || !traces.hasOwnSpan(traceId, spanId)) continue;
      take(spanId, kept);
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
      waitingSpans += spans.length;
      dropOldest();
    },
    shutDown: async (timeoutMs) => {
      unsubscribe();
      for (const kept of waiting.values()) handOn(kept);
      waiting.clear();
      await queue.shutDown(timeoutMs);
    },
  };
}
