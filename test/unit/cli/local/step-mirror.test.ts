import { expect, test } from '@jest/globals';

import { createStepMirror } from '../../../../cli/local/step-mirror.ts';
import type { StepMirror } from '../../../../cli/local/step-mirror.ts';
import { TraceMemory } from '../../../../local/tracestore/memory/memory.ts';
import { withSender, type SpanSender } from '../../../../shared/otlp/sender.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { fromService, lifecycle, spanId, TRACE_ID, type SpanInput } from '../../local/viewer/example-trace.ts';

const sender = { traceId: TRACE_ID, spanId: spanId('unit-2'), namespace: 'default', pod: 'p', container: 'step-test' };

function start(): {
  memory: TraceMemory;
  mirror: StepMirror;
  names: string[];
  warnings: unknown[];
  send: (...spans: Partial<SpanInput>[]) => void;
  addFrom: (sender: SpanSender, spans: Partial<SpanInput>[]) => void;
} {
  const memory = new TraceMemory({ maxTraces: 10, maxBytes: 1e6, maxTraceTextBytes: 1e6 });
  const names: string[] = [];
  const warnings: unknown[] = [];
  const mirror = createStepMirror({
    sink: {
      target: 'test',
      send: async (spans) => void names.push(...spans.map(({ name }) => name)),
      close: async () => undefined,
    },
    traces: {
      hasOwnSpan: (traceId, id) => memory.hasOwn(traceId, id),
      onChange: (listener) => memory.onChange(listener),
    },
    host: {},
    maxSpans: 100,
    log: { ...silentLogger, warn: (...line) => void warnings.push(line) },
  });
  const addFrom = (from: SpanSender, spans: Partial<SpanInput>[]): void => {
    const all = spans.map((span) => ({ id: 'x', name: 'x', from: 0, to: 1, ...span }));
    mirror.add(withSender({ resourceSpans: [fromService('make', all)] }, from), from);
  };
  const send = (...spans: Partial<SpanInput>[]): void => addFrom(sender, spans);
  return { memory, mirror, names, warnings, send, addFrom };
}
const own = { resourceSpans: [fromService('tekton-pipelines', lifecycle)] };

test('spans of a step follow its own span, those that come later go at once', async () => {
  const { memory, mirror, names, send } = start();
  send({ id: 'a', name: 'early' });
  memory.add({ resourceSpans: [fromService('tekton-pipelines', lifecycle.slice(0, 2))] });
  memory.add(own);
  send({ id: 'b', name: 'late' });
  await mirror.shutDown(1000);
  expect(names).toEqual(['early', 'late']);
});

test('spans apart are not forwarded: another trace, an id of the run', async () => {
  const { memory, mirror, names, send } = start();
  send(
    { id: 'a', name: 'good' },
    { id: 'b', name: 'elsewhere', traceId: 'f'.repeat(32) },
    { id: 'root', name: 'forged' },
  );
  memory.add(own);
  send({ id: 'unit', name: 'forged' });
  await mirror.shutDown(1000);
  expect(names).toEqual(['good']);
});

test('at the end what still waits is sent', async () => {
  const { mirror, names, send } = start();
  send({ id: 'a', name: 'waiting' });
  await mirror.shutDown(1000);
  expect(names).toEqual(['waiting']);
});

test('of too many spans that wait for their steps’ own those of the oldest step are dropped, with a warning', async () => {
  const { mirror, names, warnings, addFrom } = start();
  const many = (step: string): Partial<SpanInput>[] =>
    Array.from({ length: 60 }, (_, index) => ({ id: `${step}${index}`, name: step }));
  addFrom({ ...sender, spanId: 'a'.repeat(16) }, many('old'));
  addFrom({ ...sender, spanId: 'b'.repeat(16) }, many('new'));
  expect(warnings).toEqual([
    [
      'spans of a step are not passed on: its own span has not come',
      expect.objectContaining({ dropped: 60, spanId: 'a'.repeat(16) }),
    ],
  ]);
  await mirror.shutDown(1000);
  expect(new Set(names)).toEqual(new Set(['new']));
});
