import { expect, test } from '@jest/globals';
import { TraceMemory } from '../../../../local/tracestore/memory/memory.ts';
import { Views, type ViewUpdate } from '../../../../local/tracestore/views/views.ts';
import type { LiveRun, LiveSource } from '../../../../local/viewer/live/live-run.ts';
import { exampleTrace, fromService, lifecycle, TRACE_ID, spanId } from '../viewer/example-trace.ts';
import { BORN_MS, LIVE_TRACE, liveRun, step, taskRun } from '../viewer/live/run-objects.ts';

const sleep = (): Promise<void> => Promise.resolve();
const memory = (): TraceMemory => new TraceMemory({ maxTraces: 9, maxBytes: 1e8, maxTraceTextBytes: 1e8 });
async function update(views: Views, since?: string, traceId = TRACE_ID): Promise<ViewUpdate> {
  const found = await views.update(traceId, since);
  if (!found || found === 'unchanged') throw new Error(`no update: ${found}`);
  return found;
}

test('an update has only what differs from the revision that the page has', async () => {
  const traces = memory();
  const views = new Views(traces, { sleep });
  expect(await views.update(TRACE_ID, undefined)).toBeUndefined();
  const [root, ...rest] = lifecycle;
  traces.add({ resourceSpans: [fromService('tekton-pipelines', rest)] });
  const first = await update(views);
  expect([first.rows.length, first.order?.length, first.head.finished]).toEqual([27, 27, false]);
  expect(await views.update(TRACE_ID, first.revision)).toBe('unchanged');

  traces.add({ resourceSpans: [fromService('tekton-pipelines', [root!])] });
  const second = await update(views, first.revision);
  expect(second.head.finished).toBe(true);
  expect(second.order).toHaveLength(27);
  // The root, and the rows that hung below its placeholder.
  expect(second.rows.map(({ id }) => id)).toContain(spanId('root'));
  expect(second.rows.map(({ id }) => id)).not.toContain(spanId('lint-1'));

  traces.add(exampleTrace);
  const third = await update(views, second.revision);
  expect(third.rows.map(({ name }) => name)).toEqual(['npm test', 'math adds']);
  expect(third.head.controller.count).toBe(24);
  expect((await update(views, first.revision)).rows.length).toBeGreaterThan(third.rows.length);
});

test('a page of an earlier process gets everything', async () => {
  const traces = memory();
  traces.add(exampleTrace);
  const { revision } = await update(new Views(traces, { nowMs: () => 1 }));
  expect((await update(new Views(traces, { nowMs: () => 2 }), revision)).rows).toHaveLength(29);
});

test('what runs is sent once, not each time that it has grown', async () => {
  let [nowMs, revision] = [BORN_MS + 500, 1];
  let live: LiveRun = liveRun([taskRun('lint', 100, { steps: [step('check', 300)] })]);
  const source: LiveSource = {
    find: () => live,
    revision: () => revision,
    onChange: () => () => undefined,
  };
  const views = new Views(memory(), { live: source, nowMs: () => nowMs, sleep });
  const first = await update(views, undefined, LIVE_TRACE);
  expect(first.rows.filter(({ isRunning }) => isRunning).map(({ name, offsetMs }) => [name, offsetMs])).toEqual([
    ['RUN ship', 0],
    ['task lint', 100],
    ['step check', 300],
  ]);
  [nowMs, revision] = [BORN_MS + 900, 2];
  live = liveRun([taskRun('lint', 100, { steps: [step('check', 300, { ms: 800, exitCode: 0 }), step('fix', 300)] })]);
  const second = await update(views, first.revision, LIVE_TRACE);
  expect(second.rows.map(({ name }) => name)).toEqual(['step check', 'step fix']);
  expect(second.nowMs).toBe(nowMs);

  revision = 3;
  live = liveRun([
    taskRun('lint', 100, {
      steps: [step('check', 300, { ms: 800, exitCode: 0 }), step('fix', 300, { ms: 850, exitCode: 0 })],
    }),
  ]);
  const third = await update(views, second.revision, LIVE_TRACE);
  expect([third.rows.map(({ name }) => name), third.order]).toEqual([['step fix'], undefined]);
});

test('the cause of a failure has the last line of the step’s log; a log that can’t be read is left out', async () => {
  const traces = memory();
  const spans = lifecycle.map((span) => {
    if (span.id === 'img') return { ...span, attributes: { ...span.attributes, 'k8s.pod.name': 'img-pod' } };
    if (span.id !== 'img-2') return span;
    return { ...span, error: 'exit code 1', attributes: { ...span.attributes, 'k8s.container.name': 'step-push' } };
  });
  traces.add({ resourceSpans: [fromService('tekton-pipelines', spans)] });
  const asked: unknown[] = [];
  const logs = async function* (...request: unknown[]): AsyncGenerator<Buffer> {
    asked.push(request.slice(0, 2));
    yield Buffer.from('building\n\x1b[31mdenied: no rights\x1b[0m\n');
  };
  const causeOf = async (views: Views): Promise<string | undefined> => {
    const { head, rows } = await update(views);
    const cause = head.summary.failures[0]?.cause;
    expect(rows.find(({ name }) => name === 'step push')?.problem).toBe(cause);
    return cause;
  };
  expect(await causeOf(new Views(traces, { logs, sleep }))).toBe('exit code 1: denied: no rights');
  expect(asked).toEqual([
    [
      { namespace: 'default', pod: 'img-pod', container: 'step-push' },
      { follow: false, tailLines: 3 },
    ],
  ]);
  const broken = (): AsyncIterable<Buffer> => {
    throw new Error('pod img-pod has not run on this node');
  };
  expect(await causeOf(new Views(traces, { logs: broken, sleep }))).toBe('exit code 1');
});

test.each([
  [1, 80],
  [20, 1600],
  [1000, 2000],
])('after a build of %d ms the next one waits %d ms', async (tookMs, restMs) => {
  const traces = memory();
  let clock = 0;
  const rests: number[] = [];
  const views = new Views(
    {
      get: (traceId) => ((clock += tookMs), traces.get(traceId)),
      revision: (traceId) => traces.revision(traceId),
      onChange: (listener) => traces.onChange(listener),
    },
    { clockMs: () => clock, sleep: async (ms) => void rests.push(ms) },
  );
  for (const span of lifecycle.slice(0, 2)) {
    traces.add({ resourceSpans: [fromService('tekton-pipelines', [span])] });
    await update(views);
  }
  expect(rests).toEqual([restMs]);
});

test('a trace that changes all the time is built once for all who wait, after a rest', async () => {
  const traces = memory();
  const rests: PromiseWithResolvers<void>[] = [];
  const views = new Views(traces, {
    sleep: () => {
      const rest = Promise.withResolvers<void>();
      rests.push(rest);
      return rest.promise;
    },
  });
  const [root, first, second] = lifecycle;
  traces.add({ resourceSpans: [fromService('tekton-pipelines', [root!])] });
  const { revision } = await update(views);
  traces.add({ resourceSpans: [fromService('tekton-pipelines', [first!])] });
  const asked = [update(views, revision), update(views, revision)];
  await new Promise((resolve) => setImmediate(resolve));
  expect(rests).toHaveLength(1);
  traces.add({ resourceSpans: [fromService('tekton-pipelines', [second!])] });
  rests[0]?.resolve();
  const answers = await Promise.all(asked);
  expect(answers.map(({ rows }) => rows.map(({ name }) => name))).toEqual([
    ['admission', 'queued'],
    ['admission', 'queued'],
  ]);
  expect(answers[0]?.revision).toBe(answers[1]?.revision);
});
