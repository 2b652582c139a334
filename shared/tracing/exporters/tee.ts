import type { SpanSink } from './sink.ts';

/** Several collectors as one: spans are accepted once all of them have accepted. A batch that one refused is sent to all again. */
export function teeSinks(sinks: SpanSink[]): SpanSink {
  return {
    target: sinks.map((sink) => sink.target).join(', '),
    send: async (spans, signal) => {
      const results = await Promise.allSettled(sinks.map((sink) => sink.send(spans, signal)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    },
    close: async () => {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}
