import { expect, test } from '@jest/globals';
import { jaegerTrace } from '../../../../local/tracestore/api/jaeger-trace.ts';
import { TraceMemory, type TraceMemoryOptions } from '../../../../local/tracestore/memory/memory.ts';
import { locateSpans } from '../../../../shared/otlp/spans.ts';
import type { TracesData } from '../../../../shared/otlp/types.ts';
import { fromService, TRACE_ID, type SpanInput } from '../viewer/example-trace.ts';

const traceId = (digit: number): string => String(digit).repeat(32);
const span = (id: string, more: Partial<SpanInput> = {}): SpanInput => ({ id, name: id, from: 0, to: 1, ...more });
const send = (...spans: SpanInput[]): TracesData => ({ resourceSpans: [fromService('s', spans)] });
const roomy: TraceMemoryOptions = { maxTraces: 10, maxBytes: 1_000_000, maxTraceTextBytes: 1_000_000 };
const names = (traces: TracesData | undefined): string[] => (traces ? locateSpans(traces).map((l) => l.span.name) : []);

test('a trace is put together from several exports, one group for each resource and scope', () => {
  const memory = new TraceMemory(roomy);
  memory.add(send(span('a')));
  memory.add(send(span('b')));
  memory.add({ resourceSpans: [fromService('other', [span('c')])] });
  const trace = memory.get(TRACE_ID);
  expect(trace?.resourceSpans).toHaveLength(2);
  expect(trace?.resourceSpans[0]?.scopeSpans).toHaveLength(1);
  expect(names(trace)).toEqual(['a', 'b', 'c']);
});

test('an identical span is kept once, whatever the order of its attributes; other content under the same id is kept', () => {
  const memory = new TraceMemory(roomy);
  memory.add(send(span('a', { attributes: { x: 1, y: 2 } })));
  expect(memory.add(send(span('a', { attributes: { y: 2, x: 1 } })))).toEqual({
    stored: 0,
    duplicates: 1,
    rejected: 0,
  });
  expect(memory.add(send(span('a', { name: 'changed' })))).toEqual({ stored: 1, duplicates: 0, rejected: 0 });
  expect(names(memory.get(TRACE_ID))).toEqual(['a', 'changed']);
  expect(memory.counters).toMatchObject({ spansStored: 2, spansDuplicate: 1 });
});

test('the trace that came first goes first when there are too many, and is counted', () => {
  const memory = new TraceMemory({ ...roomy, maxTraces: 2 });
  for (const digit of [1, 2, 3]) memory.add(send(span('a', { traceId: traceId(digit) })));
  expect(memory.ids()).toEqual([traceId(3), traceId(2)]);
  expect(memory.get(traceId(1))).toBeUndefined();
  expect(memory.counters.tracesEvicted).toBe(1);
});

const manySpans = (digit: number, count: number): TracesData =>
  send(...Array.from({ length: count }, (_, index) => span(`s${index}`, { traceId: traceId(digit) })));

test('older traces make room for what comes, so that all of them stay within the bytes given', () => {
  const memory = new TraceMemory({ ...roomy, maxBytes: 70_000 });
  for (const digit of [1, 2, 3, 4]) expect(memory.add(manySpans(digit, 60))).toMatchObject({ rejected: 0 });
  expect(memory.ids()).toEqual([traceId(4), traceId(3)]);
  expect(names(memory.get(traceId(4)))).toHaveLength(60);
  expect(memory.counters.tracesEvicted).toBe(2);
});

test('a trace that is as large as one may be takes no more spans, and evicts nothing for them', () => {
  const memory = new TraceMemory({ ...roomy, maxTraceTextBytes: 1000 });
  memory.add(manySpans(1, 1));
  const { stored, rejected } = memory.add(manySpans(2, 50));
  expect(stored + rejected).toBe(50);
  expect(names(memory.get(traceId(2)))).toHaveLength(stored);
  expect(stored).toBeLessThan(10);
  expect(memory.ids()).toEqual([traceId(2), traceId(1)]);
  expect(memory.counters.spansRejected).toBe(rejected);
});

test('a trace of many blocks is read as it came: every value, in the order it came in', () => {
  const memory = new TraceMemory({ ...roomy, maxBytes: 2_000_000 });
  const sent = send(
    ...Array.from({ length: 800 }, (_, index) =>
      span(`s${index}`, { name: `"é\u2028 ${index}`, attributes: { text: `\n${'x'.repeat(index)}`, index } }),
    ),
  );
  memory.add(sent);
  expect(memory.get(TRACE_ID)).toEqual(sent);
  expect(memory.add(sent)).toEqual({ stored: 0, duplicates: 800, rejected: 0 });
});

test('a resource of megabytes is read once, not for each of its thousands of spans', () => {
  const memory = new TraceMemory({ maxTraces: 10, maxBytes: 64_000_000, maxTraceTextBytes: 32_000_000 });
  const service = 's'.repeat(3_000_000);
  const export_ = {
    resourceSpans: [
      fromService(
        service,
        Array.from({ length: 10_000 }, (_, index) => span(`${index}`)),
      ),
    ],
  };
  expect(memory.add(export_)).toMatchObject({ stored: 10_000 });
  const trace = memory.get(TRACE_ID) ?? { resourceSpans: [] };
  expect(trace.resourceSpans).toHaveLength(1);
  expect(jaegerTrace(TRACE_ID, trace)).toMatchObject({ processes: { p1: { serviceName: service } } });
});

test('listeners hear of every trace that got something new, and of nothing else', () => {
  const memory = new TraceMemory(roomy);
  const heard: string[] = [];
  const stop = memory.onChange((id) => heard.push(id));
  memory.add(
    send(span('a', { traceId: traceId(1) }), span('b', { traceId: traceId(1) }), span('a', { traceId: traceId(2) })),
  );
  memory.add(send(span('a', { traceId: traceId(1) })));
  stop();
  memory.add(send(span('c', { traceId: traceId(1) })));
  expect(heard).toEqual([traceId(1), traceId(2)]);
});

test('what was handed out does not change when more spans arrive', () => {
  const memory = new TraceMemory(roomy);
  memory.add(send(span('a')));
  const before = memory.get(TRACE_ID);
  memory.add(send(span('b')));
  expect(names(before)).toEqual(['a']);
});
