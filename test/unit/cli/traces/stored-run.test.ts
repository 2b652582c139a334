import { describe, expect, test } from '@jest/globals';

import { storedRun } from '../../../../cli/traces/stored-run.ts';
import type { TraceSource } from '../../../../cli/traces/trace-source.ts';
import { exampleTrace } from '../../local/viewer/example-trace.ts';
import type { TracesData } from '../../../../shared/otlp/types.ts';

/** The example, whose first span is of that run. */
function traceOf(attributes: Record<string, string>): TracesData {
  const trace = structuredClone(exampleTrace);
  for (const { spans } of trace.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
    for (const span of spans) span.attributes = [];
  const [first] = trace.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  if (first)
    first.attributes = Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  return trace;
}

/** A Jaeger that knows no conditions: it answers with all its traces. */
const jaeger = (traces: Record<string, TracesData>): TraceSource => ({
  ...{ name: 'http://jaeger', read: async () => undefined },
  withTags: async () => new Map(Object.entries(traces)),
});
const wanted = { name: 'build-1', namespace: undefined, sinceMs: 1000 };

describe('a run that the cluster does not have any more', () => {
  const build = traceOf({ pipelinerun: 'build-1', namespace: 'ci' });
  const other = traceOf({ pipelinerun: 'build-2', namespace: 'ci' });

  test('is found by its name, and by no other', async () => {
    const source = jaeger({ aaaa: build, bbbb: other });
    expect(await storedRun(source, wanted)).toEqual({ traceId: 'aaaa', trace: build });
    expect(await storedRun(source, { ...wanted, name: 'build' })).toBeUndefined();
  });

  test('may be a TaskRun', async () => {
    const lone = traceOf({ taskrun: 'build-1', namespace: 'ci' });
    expect(await storedRun(jaeger({ cccc: lone, bbbb: other }), wanted)).toMatchObject({ traceId: 'cccc' });
  });

  test('of several with that name the namespace decides, or nothing does', async () => {
    const source = jaeger({ aaaa: build, dddd: traceOf({ pipelinerun: 'build-1', namespace: 'dev' }) });
    expect(await storedRun(source, { ...wanted, namespace: 'dev' })).toMatchObject({ traceId: 'dddd' });
    expect(await storedRun(source, { ...wanted, namespace: 'prod' })).toBeUndefined();
    await expect(storedRun(source, wanted)).rejects.toThrow(
      /^http:\/\/jaeger has 2 runs build-1: name one by its trace id: aaaa \(ci, \d{4}-.*Z\), dddd \(dev, /,
    );
  });

  test('is not found where nothing can be searched', async () => {
    expect(await storedRun({ name: 'store', read: async () => undefined }, wanted)).toBeUndefined();
  });
});
