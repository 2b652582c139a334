import type { Logger } from '../../runtime/log.ts';
import { SpanQueue } from '../span-queue.ts';
import type { SpanSink } from './sink.ts';

export interface MirrorOptions {
  log: Logger;
  /** Spans that are kept while the second collector is unreachable. */
  maxSpans: number;
  /** How long `close` waits for it, in milliseconds. */
  flushMs: number;
}

/**
 * A sink for two collectors. The first decides whether spans are accepted. The second has its own queue with retries, so that it delays nothing
 * while it is unreachable.
 */
export function mirrorSink(primary: SpanSink, second: SpanSink, { log, maxSpans, flushMs }: MirrorOptions): SpanSink {
  const queue = new SpanQueue({ sink: second, log, maxSpans });
  return {
    target: primary.target,
    send: async (spans, signal) => {
      await primary.send(spans, signal);
      queue.add(spans);
    },
    close: async () => {
      await queue.shutDown(flushMs);
      await second.close();
      await primary.close();
    },
  };
}
