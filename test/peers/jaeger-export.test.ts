import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';

import { silentLogger } from '../../shared/runtime/log.ts';
import { createSink } from '../../shared/tracing/exporters/factory.ts';
import { LIFECYCLE_SERVICE, TASK_RUN_SERVICE, serviceResource } from '../../shared/tracing/resource.ts';
import { SpanKind, SpanStatusCode, toReadableSpan } from '../../shared/tracing/span-record.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { readTrace } from './support/jaeger-trace.ts';
import { startJaeger } from './support/jaeger.ts';
import type { Jaeger } from './support/jaeger.ts';

const startMs = Date.parse('2026-01-01T10:00:00.000Z');
const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** A run of three seconds whose one task starts with it and whose reconcile outlasts it. */
function run(traceId: string): { lifecycle: SpanRecord[]; reconcile: SpanRecord } {
  const root = hex(8);
  const task = hex(8);
  const span = (record: Partial<SpanRecord> & Pick<SpanRecord, 'spanId' | 'name'>): SpanRecord => ({
    traceId,
    kind: SpanKind.INTERNAL,
    startMs,
    endMs: startMs + 3000,
    attributes: {},
    status: { code: SpanStatusCode.UNSET },
    events: [],
    links: [],
    ...record,
  });
  return {
    lifecycle: [
      span({ spanId: root, name: 'RUN build', kind: SpanKind.SERVER, attributes: { 'cicd.pipeline.name': 'build' } }),
      span({
        spanId: task,
        parentSpanId: root,
        name: 'task compile',
        endMs: startMs + 2500,
        status: { code: SpanStatusCode.ERROR, message: 'step exited with 1' },
        events: [{ name: 'pulled', timeMs: startMs + 500 }],
        links: [{ context: { traceId: hex(16), spanId: hex(8), sampled: true } }],
      }),
    ],
    reconcile: span({
      spanId: hex(8),
      parentSpanId: task,
      name: 'TaskRun:ReconcileKind',
      startMs: startMs + 2600,
      endMs: startMs + 3100,
    }),
  };
}

describe.each(['OTLP', 'Thrift'] as const)('a run sent to the real Jaeger by %s', (protocol) => {
  let jaeger: Jaeger;
  const traceId = hex(16);
  const { lifecycle, reconcile } = run(traceId);
  const spans = [
    ...lifecycle.map((record) => toReadableSpan(record, serviceResource(LIFECYCLE_SERVICE, 'cluster-a'))),
    toReadableSpan(reconcile, serviceResource(TASK_RUN_SERVICE, 'cluster-a')),
  ];
  const send = async (): Promise<void> => {
    const sink = await createSink(
      { collectorUrl: protocol === 'OTLP' ? jaeger.otlpUrl : jaeger.thriftUrl },
      {},
      silentLogger,
    );
    await sink?.send(spans);
    await sink?.close();
  };
  beforeAll(async () => {
    jaeger = await startJaeger();
    await send();
  });
  afterAll(async () => {
    await jaeger.stop();
  });

  test('reads back whole from /api/traces and from /api/v3/traces, without a warning', async () => {
    const byName = (names: { name: string }[]): string[] => names.map(({ name }) => name).sort();
    const trace = await readTrace(jaeger, traceId);
    expect(byName(trace.shown)).toEqual(['RUN build', 'TaskRun:ReconcileKind', 'task compile']);
    expect(byName(trace.stored)).toEqual(byName(trace.shown));
    expect(trace.warnings).toEqual([]);
  });

  test('keeps parents, services, times, status and links', async () => {
    const { shown } = await readTrace(jaeger, traceId);
    const named = (name: string): (typeof shown)[number] | undefined => shown.find((span) => span.name === name);
    expect(named('RUN build')).toMatchObject({
      service: LIFECYCLE_SERVICE,
      parentSpanId: undefined,
      startMs,
      endMs: startMs + 3000,
    });
    expect(named('TaskRun:ReconcileKind')).toMatchObject({
      service: TASK_RUN_SERVICE,
      parentSpanId: named('task compile')?.spanId,
    });
    expect(named('task compile')).toMatchObject({
      parentSpanId: named('RUN build')?.spanId,
      startMs,
      endMs: startMs + 2500,
    });
    expect(named('task compile')?.tags).toMatchObject({ error: true, 'otel.status_description': 'step exited with 1' });
    expect(named('task compile')?.links).toEqual([lifecycle[1]?.links[0]?.context.traceId]);
  });

  test('sent a second time, it is shown once', async () => {
    await send();
    const { shown, warnings } = await readTrace(jaeger, traceId);
    expect(shown).toHaveLength(3);
    expect(warnings).toEqual([]);
  });
});
