import { expect, test } from '@jest/globals';
import { jaegerTrace } from '../../../../local/tracestore/api/jaeger-trace.ts';
import { fromService, spanId, START_MS, TRACE_ID } from '../viewer/example-trace.ts';

const other = { traceId: 'f'.repeat(32), spanId: 'e'.repeat(16) };

test('a span has the fields of Jaeger: references, microseconds, typed tags, logs, process', () => {
  const trace = jaegerTrace(TRACE_ID, {
    resourceSpans: [
      fromService('tekton-pipelines', [
        { id: 'root', name: 'RUN p', kind: 2, from: 0, to: 1500.5, links: [other] },
        {
          id: 'step',
          parent: 'root',
          name: 'step s',
          from: 1,
          to: 2,
          attributes: { 'process.exit.code': 1, flag: true },
          error: 'exit 1',
          events: [{ name: 'log', at: 1.5, attributes: { line: 'x' } }],
        },
      ]),
    ],
  });
  expect(trace.processes).toEqual({
    p1: { serviceName: 'tekton-pipelines', tags: [{ key: 'host.name', type: 'string', value: 'example' }] },
  });
  const [root, step] = trace.spans;
  expect(root).toMatchObject({
    traceID: TRACE_ID,
    spanID: spanId('root'),
    operationName: 'RUN p',
    references: [{ refType: 'FOLLOWS_FROM', traceID: other.traceId, spanID: other.spanId }],
    startTime: START_MS * 1000,
    duration: 1_500_500,
    processID: 'p1',
    warnings: null,
  });
  expect(root?.tags).toContainEqual({ key: 'span.kind', type: 'string', value: 'server' });
  expect(step?.references).toEqual([{ refType: 'CHILD_OF', traceID: TRACE_ID, spanID: spanId('root') }]);
  expect(step?.tags).toEqual(
    expect.arrayContaining([
      { key: 'process.exit.code', type: 'int64', value: 1 },
      { key: 'flag', type: 'bool', value: true },
      { key: 'otel.status_code', type: 'string', value: 'ERROR' },
      { key: 'otel.status_description', type: 'string', value: 'exit 1' },
      { key: 'error', type: 'bool', value: true },
      { key: 'otel.scope.name', type: 'string', value: 'tektrace' },
    ]),
  );
  expect(step?.logs).toEqual([
    {
      timestamp: START_MS * 1000 + 1500,
      fields: [
        { key: 'event', type: 'string', value: 'log' },
        { key: 'line', type: 'string', value: 'x' },
      ],
    },
  ]);
});

test('a missing parent, a shared id and an end before the start are warnings', () => {
  const { spans } = jaegerTrace(TRACE_ID, {
    resourceSpans: [
      fromService('s', [
        { id: 'a', parent: 'gone', name: 'orphan', from: 0, to: 1 },
        { id: 'b', name: 'one', from: 5, to: 2 },
        { id: 'b', name: 'two', from: 5, to: 6 },
      ]),
    ],
  });
  expect(spans.map(({ warnings }) => warnings)).toEqual([
    [`parent span ${spanId('gone')} is missing`],
    [`span id ${spanId('b')} is used by several spans`, 'the span ends before it starts'],
    [`span id ${spanId('b')} is used by several spans`],
  ]);
  expect(spans[1]?.duration).toBe(0);
});
