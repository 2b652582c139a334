import { beforeEach, describe, expect, test } from '@jest/globals';
import { TraceMemory } from '../../../../local/tracestore/memory/memory.ts';
import { summarize } from '../../../../local/tracestore/views/trace-summary.ts';
import { listOf, type TraceList } from '../../../../local/tracestore/views/trace-list.ts';
import { exampleTrace, fromService, TRACE_ID } from '../viewer/example-trace.ts';
import { BORN_MS, failed, LIVE_TRACE, liveRun, pipelineRun, ROOT_SPAN, taskRun } from '../viewer/live/run-objects.ts';

const id = (number: number): string => String(number).padStart(32, '0');
const run = (number: number, span = 'root'): ReturnType<typeof fromService> =>
  fromService('tekton-pipelines', [{ id: span, name: `RUN p${number}`, from: 0, to: 10, traceId: id(number) }]);

describe('the list of traces', () => {
  let memory: TraceMemory;
  let list: TraceList;
  const add = (...spans: ReturnType<typeof run>[]): void => void memory.add({ resourceSpans: spans });
  beforeEach(() => {
    memory = new TraceMemory({ maxTraces: 3, maxBytes: 1e9, maxTraceTextBytes: 1e9 });
    list = listOf(memory);
  });

  test('is whole at first, and then has what changed', () => {
    add(run(1), run(2));
    const first = list.update();
    expect(first).toMatchObject({ whole: true, data: [{ id: id(2) }, { id: id(1) }] });
    expect(list.update(first.version)).toEqual({ version: first.version, whole: false, data: [] });
    add(run(1, 'more'), run(3));
    const second = list.update(first.version);
    expect(second).toMatchObject({ whole: false, data: [{ id: id(3) }, { id: id(1), spanCount: 2 }] });
    expect(list.update(second.version).data).toEqual([]);
    expect(list.update(first.version).data).toHaveLength(2);
  });

  test('is whole again after a trace was evicted', () => {
    add(run(1), run(2), run(3));
    const first = list.update();
    add(run(4));
    expect(list.update(first.version)).toMatchObject({
      whole: true,
      data: [{ id: id(4) }, { id: id(3) }, { id: id(2) }],
    });
  });

  test.each(['', 'x', 'other.1', '.', 'other.-1'])(
    'is whole for the version %j, which this process did not give',
    (version) => {
      add(run(1));
      expect(list.update(version)).toMatchObject({ whole: true, data: [{ id: id(1) }] });
    },
  );
});

describe('the line of a run whose API object is known', () => {
  const reconcile = fromService('pipelinerun-reconciler', [
    { id: 'reconcile', name: 'ReconcileKind', from: 0, to: 10, traceId: LIVE_TRACE, parent: ROOT_SPAN },
  ]);
  let run = pipelineRun();
  const changes = new Set<(traceId: string) => void>();
  const live = {
    find: () => liveRun([taskRun('lint', 100)], [], run),
    revision: () => 1,
    onChange: (listener: (traceId: string) => void) => {
      changes.add(listener);
      return () => void changes.delete(listener);
    },
  };
  const memory = new TraceMemory({ maxTraces: 3, maxBytes: 1e9, maxTraceTextBytes: 1e9 });
  const list = listOf(memory, { live, nowMs: () => BORN_MS + 1000 });
  memory.add({ resourceSpans: [reconcile] });

  test('has its Pipeline from the first span on', () => {
    expect(list.update().data).toMatchObject([
      {
        ...{ title: 'RUN ship', runName: 'ship-x1', pipeline: 'ship', namespace: 'ci' },
        ...{ result: 'running', finished: false },
      },
    ]);
  });

  test('says that it failed as soon as its object does', () => {
    const { version } = list.update();
    run = pipelineRun(failed(900, 'PipelineRunTimeout', 'PipelineRun "ship-x1" failed to finish within "1s"'));
    for (const changed of changes) changed(LIVE_TRACE);
    expect(list.update(version).data).toMatchObject([{ result: 'timeout', finished: true, durationMs: 900 }]);
  });
});

describe('the line of a trace', () => {
  test('says what was run, how it ended and where it failed', () => {
    expect(summarize(TRACE_ID, exampleTrace)).toMatchObject({
      runName: 'build-and-test-x7k2p',
      pipeline: 'build-and-test',
      namespace: 'default',
      result: 'failure',
      durationText: '5.23 s',
      problem: 'build-image › push: exit code 1: unauthorized: authentication required',
    });
  });

  test('knows no pipeline and no problem before the root arrives', () => {
    const [first] = exampleTrace.resourceSpans;
    const spans = first?.scopeSpans[0]?.spans.slice(1, 4) ?? [];
    const summary = summarize(TRACE_ID, {
      resourceSpans: [{ ...first!, scopeSpans: [{ ...first!.scopeSpans[0]!, spans }] }],
    });
    expect(summary).toMatchObject({ finished: false, result: 'running' });
    expect(summary).not.toHaveProperty('pipeline');
    expect(summary).not.toHaveProperty('problem');
  });
});
