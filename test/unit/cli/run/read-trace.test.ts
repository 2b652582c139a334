import { describe, expect, test } from '@jest/globals';

import { readTrace, traceSoFar } from '../../../../cli/run/read-trace.ts';
import type { TraceSource } from '../../../../cli/traces/trace-source.ts';
import type { TracesData } from '../../../../shared/otlp/types.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { fromService, makeSpan } from '../../local/viewer/example-trace.ts';
import { LIVE_TRACE, pipelineRun, ROOT_SPAN } from '../../local/viewer/live/run-objects.ts';

const never = new AbortController().signal;
const run = pipelineRun();
const trace = (...spanIds: string[]): TracesData => {
  const group = fromService('tekton-pipelines', []);
  const spans = spanIds.map((spanId) => ({
    ...{ ...makeSpan({ id: 'x', name: 'x', from: 0, to: 1 }), traceId: LIVE_TRACE, spanId },
  }));
  return { resourceSpans: [{ ...group, scopeSpans: group.scopeSpans.map((scope) => ({ ...scope, spans })) }] };
};
const [partial, whole] = [trace('c'.repeat(16)), trace('c'.repeat(16), ROOT_SPAN)];
/** Answers one after the other, the last one from then on. */
const source = (...answers: (TracesData | undefined)[]): TraceSource & { asked: string[] } => {
  const asked: string[] = [];
  return {
    ...{ name: 'a source', asked },
    read: async (traceId) => {
      asked.push(traceId);
      return answers.length > 1 ? answers.shift() : answers[0];
    },
  };
};

describe('the trace of a run that has ended', () => {
  test('is read until the span of the run itself has arrived', async () => {
    const traces = source(undefined, partial, whole);
    expect(await readTrace({ traces, log: silentLogger }, run, never)).toBe(whole);
    expect(traces.asked).toEqual([LIVE_TRACE, LIVE_TRACE, LIVE_TRACE]);
  });

  test('is what has arrived when an interrupt ends the wait', async () => {
    const stop = new AbortController();
    const traces: TraceSource = { name: 'a source', read: async () => (stop.abort(), partial) };
    expect(await readTrace({ traces, log: silentLogger }, run, stop.signal)).toBe(partial);
  });

  test('is absent without a source, and for a run without a context', async () => {
    expect(await readTrace({ traces: undefined, log: silentLogger }, run, never)).toBeUndefined();
    const { metadata, ...rest } = run;
    const untraced = { ...rest, metadata: { ...metadata, annotations: {} } };
    expect(await readTrace({ traces: source(whole), log: silentLogger }, untraced, never)).toBeUndefined();
  });

  test('that can’t be read so far is said in the log, and is no error', async () => {
    const said: unknown[] = [];
    const traces: TraceSource = { name: 'a source', read: () => Promise.reject(new Error('refused')) };
    const log = { ...silentLogger, warn: (...words: unknown[]) => void said.push(words) };
    expect(await traceSoFar({ traces, log }, run)).toBeUndefined();
    expect(said).toEqual([['the trace can’t be read', { traces: 'a source', error: new Error('refused') }]]);
  });
});
