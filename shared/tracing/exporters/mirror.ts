import type { Logger } from '../../runtime/log.ts';
import { SpanQueue } from '../span-queue.ts';
import type { SpanSink } from './sink.ts';

export interface MirrorOptions {
  log: Logger;
  /** Kept for the second collector while it is away. */
  maxSpans: number;
  /** How long the end waits for it. */
  flushMs: number;
}

/**
 * A collector whose spans go to a second one as well. What the first has accepted is accepted; the second has a queue with its own
 * patience, so that it holds nothing up while it is away.
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
