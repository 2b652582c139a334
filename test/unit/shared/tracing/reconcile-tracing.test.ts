import { context, SpanStatusCode } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { PipelineRun } from '../../../../shared/tekton/types.ts';
import { DEFAULT_SPAN_LIMITS } from '../../../../shared/tracing/limits.ts';
import { createReconcileTracing, keepReconcile } from '../../../../shared/tracing/reconcile-tracing.ts';
import type { SpanBudget } from '../../../../shared/tracing/reconcile-tracing.ts';
import type { SpanQueue } from '../../../../shared/tracing/span-queue.ts';
import { activeReconcileScope, traced } from '../../../../shared/tracing/traced.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const ROOT = 'b7ad6b7169203331';

const runOf = (uid: string): PipelineRun => ({ kind: 'PipelineRun', metadata: { name: 'build', uid }, spec: {} });
const run = runOf('uid-build');
const own = { traceId: TRACE, spanId: ROOT, sampled: true };

let left: ReadableSpan[][];
const queue = { add: (spans: ReadableSpan[]) => void left.push(spans) } as unknown as SpanQueue;
const tracing = (budget?: SpanBudget) => createReconcileTracing({ queue, clusterKey: 'c', ...(budget && { budget }) });
const reconcile = <T>(fn: () => Promise<T>, record = tracing(), of = run): Promise<T> =>
  record({ name: 'PipelineRun:ReconcileKind', run: of, attributes: { a: 1 } }, own, fn);
const work = traced('work', async () => 'done');
const failing = traced('failing', async (): Promise<void> => {
  throw new RangeError('too far');
});

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());
beforeEach(() => {
  left = [];
});

describe('a reconcile', () => {
  test('leaves as a whole after it has ended, and nothing before', async () => {
    const outer = traced('outer', async () => work());
    await reconcile(async () => {
      await outer();
      expect(left).toEqual([]);
    });
    expect(left).toHaveLength(1);
    const [kind, ...children] = left[0] ?? [];
    expect(kind).toMatchObject({ name: 'PipelineRun:ReconcileKind', attributes: { a: 1 } });
    expect(kind?.parentSpanContext?.spanId).toBe(ROOT);
    expect(children.map((span) => span.name)).toEqual(['work', 'outer']);
    const [inner, around] = children;
    expect(inner?.parentSpanContext?.spanId).toBe(around?.spanContext().spanId);
    expect(around?.parentSpanContext?.spanId).toBe(kind?.spanContext().spanId);
    expect(new Set(left[0]?.map((span) => span.spanContext().traceId))).toEqual(new Set([TRACE]));
    expect(kind?.resource.attributes['service.name']).toBe('pipelinerun-reconciler');
  });

  test('has the resource attributes and limits of the settings', async () => {
    const limits = { ...DEFAULT_SPAN_LIMITS, attributes: 1, valueLength: 3 };
    const settings = { resourceAttributes: { 'k8s.cluster.name': 'a', 'service.name': 'other' }, limits };
    const record = createReconcileTracing({ queue, clusterKey: 'c', settings });
    await record({ name: 'PipelineRun:ReconcileKind', run, attributes: { a: 'long', b: 1 } }, own, work);
    expect(left[0]?.[0]).toMatchObject({ attributes: { a: 'lon' }, droppedAttributesCount: 1 });
    expect(left[0]?.[0]?.resource.attributes).toMatchObject({
      'k8s.cluster.name': 'a',
      'service.name': 'pipelinerun-reconciler',
    });
  });

  test('hands on what it returns and what it throws', async () => {
    await expect(reconcile(work)).resolves.toBe('done');
    await expect(reconcile(failing)).rejects.toThrow('too far');
    expect(left[1]?.[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'too far' },
      attributes: { 'error.type': 'RangeError' },
    });
  });

  test('of an unsampled run, or one without a context, records nothing', async () => {
    const unrecorded = async (): Promise<void> => {
      expect(activeReconcileScope()).toBeUndefined();
      await work();
    };
    for (const other of [{ ...own, sampled: false }, undefined])
      await tracing()({ name: 'PipelineRun:ReconcileKind', run }, other, unrecorded);
    expect(left).toEqual([]);
  });

  test('beside another has its own spans only', async () => {
    const on = tracing();
    await Promise.all([reconcile(work, on), reconcile(failing, on).catch(() => undefined)]);
    expect(left.map((spans) => spans.map((span) => span.name)).sort()).toEqual([
      ['PipelineRun:ReconcileKind', 'failing'],
      ['PipelineRun:ReconcileKind', 'work'],
    ]);
  });
});

describe('the budget', () => {
  const many = async (times: number): Promise<void> => {
    for (let index = 0; index < times; index++) await work();
  };

  test('reduces a reconcile of more than 500 spans to one, with the number of omitted spans', async () => {
    await reconcile(() => many(501));
    expect(left[0]).toHaveLength(1);
    expect(left[0]?.[0]?.attributes['tektrace.spans.omitted']).toBe(501);
  });

  test('takes 500', async () => {
    await reconcile(() => many(500));
    expect(left[0]).toHaveLength(501);
  });

  test('keeps what failed, and what it hangs below', async () => {
    const outer = traced('outer', () => failing().catch(() => undefined));
    await reconcile(
      async () => {
        await many(5);
        await outer();
      },
      tracing({ perReconcile: 3, perRun: 100 }),
    );
    expect(left[0]?.map((span) => span.name)).toEqual(['PipelineRun:ReconcileKind', 'failing', 'outer']);
    expect(left[0]?.[0]?.attributes['tektrace.spans.omitted']).toBe(5);
  });

  test('is one of the whole run too; other runs have their own', async () => {
    const on = tracing({ perReconcile: 100, perRun: 7 });
    for (let index = 0; index < 3; index++) await reconcile(() => many(2), on);
    await reconcile(() => many(2), on, runOf('uid-other'));
    expect(left.map((spans) => spans.length)).toEqual([3, 3, 1, 3]);
  });

  test('holds for a run that fails again and again: a few errors of each reconcile, then one span; the last reconcile stays whole', async () => {
    const record = tracing({ perReconcile: 50, perRun: 300 });
    for (let index = 0; index < 20; index++)
      await reconcile(async () => {
        for (let one = 0; one < 60; one++) await failing().catch(() => undefined);
      }, record);
    const counts = left.map((spans) => spans.length);
    expect(counts).toEqual([51, 51, 51, 51, 51, 21, 21, 3, ...Array.from({ length: 12 }, () => 1)]);
    expect(left.at(-1)?.[0]?.attributes['tektrace.spans.omitted']).toBe(60);
    await reconcile(async () => {
      keepReconcile();
      await many(5);
    }, record);
    expect(left.at(-1)).toHaveLength(6);
  });

  test('does not touch the reconcile that ends the run', async () => {
    await reconcile(
      async () => {
        keepReconcile();
        await many(5);
      },
      tracing({ perReconcile: 3, perRun: 3 }),
    );
    expect(left[0]).toHaveLength(6);
  });
});

describe('traced()', () => {
  test('outside of a reconcile calls the function and makes no span', async () => {
    expect(traced('sum', (a: number, b: number) => a + b)(1, 2)).toBe(3);
    await expect(work()).resolves.toBe('done');
    expect(left).toEqual([]);
  });

  test('records what a function throws, at once or later, and throws it on', async () => {
    const sync = traced('sync', (): void => {
      throw new TypeError('bad');
    });
    await reconcile(async () => {
      expect(sync).toThrow('bad');
      await expect(failing()).rejects.toThrow('too far');
    });
    expect(left[0]?.slice(1)).toMatchObject([
      { name: 'sync', status: { code: SpanStatusCode.ERROR, message: 'bad' }, events: [{ name: 'exception' }] },
      { name: 'failing', attributes: { 'error.type': 'RangeError' } },
    ]);
  });

  test('of what a function throws, leaves out credentials and all but the beginning of a long message', async () => {
    const refused = traced('refused', (): void => {
      throw new Error(`no https://me:s3cret@host.test: ${'x'.repeat(1_000_000)}`);
    });
    await reconcile(async () => {
      expect(refused).toThrow('no https');
    });
    const [span] = left[0]?.slice(1) ?? [];
    expect(span?.status.message).toMatch(/^no https:\/\/\[redacted\]@host.test: x+$/);
    const attributes = span?.events[0]?.attributes ?? {};
    expect(attributes['exception.stacktrace']).toMatch(/^Error: no https:\/\/\[redacted\]@host.test: x+\n *at /);
    expect(JSON.stringify([span?.status, attributes]).length).toBeLessThan(10_000);
  });

  test('passes arguments and values, and sets attributes from them if there is a function for it', async () => {
    const sum = traced(
      'sum',
      (a: number, b: number) => a + b,
      (a, b) => ({ a, b }),
    );
    await reconcile(async () => expect(sum(1, 2)).toBe(3));
    expect(left[0]?.[1]).toMatchObject({ name: 'sum', attributes: { a: 1, b: 2 } });
  });
});
