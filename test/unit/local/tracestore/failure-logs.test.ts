import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FailureLogs } from '../../../../local/tracestore/views/failure-logs.ts';
import { TraceMemory } from '../../../../local/tracestore/memory/memory.ts';
import { startTraceStore, type TraceStore } from '../../../../local/tracestore/server.ts';
import { listOf } from '../../../../local/tracestore/views/trace-list.ts';
import type { LogSource } from '../../../../local/viewer/log-place.ts';
import type { Comparison } from '../../../../local/viewer/compare.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { sendSpans } from '../../../browser/send-spans.ts';
import { buildWaterfall } from '../../../../local/viewer/waterfall.ts';
import { fromService, lifecycle, TRACE_ID, type SpanInput } from '../viewer/example-trace.ts';

/** The example, whose failed step says nothing but its exit code. */
const spans = lifecycle.map((span) => {
  if (span.id === 'img') return { ...span, attributes: { ...span.attributes, 'k8s.pod.name': 'img-pod' } };
  if (span.id !== 'img-2') return span;
  return { ...span, error: 'exit code 1', attributes: { ...span.attributes, 'k8s.container.name': 'step-push' } };
});
const traces = { resourceSpans: [fromService('tekton-pipelines', spans)] };
const unfinished = {
  resourceSpans: [
    fromService(
      'tekton-pipelines',
      spans.filter(({ id }) => id !== 'root'),
    ),
  ],
};

let reads: string[];
const logs: LogSource = async function* ({ pod, container }) {
  reads.push(`${pod}/${container}`);
  yield Buffer.from('building\ndenied: no rights\n');
};
beforeEach(() => {
  reads = [];
});

const SHORT = 'build-image › push: exit code 1';

test('the list has the last line of the failed step’s log when it is read, once', async () => {
  const memory = new TraceMemory({ maxTraces: 3, maxBytes: 1e9, maxTraceTextBytes: 1e9 });
  const failureLogs = new FailureLogs(logs);
  const list = listOf(memory, { failureLogs });
  const changed = Promise.withResolvers<string>();
  failureLogs.onChange(changed.resolve);
  memory.add(unfinished);
  expect(list.update().data).toMatchObject([{ finished: false }]);
  expect(reads).toEqual([]);

  memory.add(traces);
  const { version, data } = list.update();
  expect(data).toMatchObject([{ finished: true, problem: SHORT }]);
  expect(await changed.promise).toBe(TRACE_ID);
  expect(list.update(version)).toMatchObject({ whole: false, data: [{ problem: `${SHORT}: denied: no rights` }] });
  expect(list.update(version).data).toHaveLength(1);
  expect(reads).toEqual(['img-pod/step-push']);
});

test('a log that can’t be read is left out, and not asked for again', async () => {
  const memory = new TraceMemory({ maxTraces: 3, maxBytes: 1e9, maxTraceTextBytes: 1e9 });
  const failureLogs = new FailureLogs((place) => {
    reads.push(place.pod);
    throw new Error('the Pod is gone');
  });
  const list = listOf(memory, { failureLogs });
  const changed = Promise.withResolvers<string>();
  failureLogs.onChange(changed.resolve);
  memory.add(traces);
  list.update();
  await changed.promise;
  expect(list.update().data).toMatchObject([{ problem: SHORT }]);
  expect(reads).toEqual(['img-pod']);
});

test('no log is read before the run has ended, and of many failures only the first three', async () => {
  const failureLogs = new FailureLogs(logs);
  expect(await failureLogs.read(buildWaterfall(TRACE_ID, unfinished))).toEqual({});
  expect(reads).toEqual([]);
  const failures = [1, 2, 3, 4, 5].flatMap((number): SpanInput[] => [
    {
      ...{ id: `t${number}`, parent: 'root', name: `task t${number}`, from: 0, to: number },
      attributes: { 'k8s.pod.name': `pod-${number}`, 'cicd.pipeline.task.run.result': 'failure' },
    },
    {
      ...{ id: `s${number}`, parent: `t${number}`, name: 'step s', from: 0, to: number, error: 'exit code 1' },
      attributes: { 'k8s.container.name': 'step-s', 'cicd.pipeline.task.run.result': 'failure' },
    },
  ]);
  const root: SpanInput = {
    ...{ id: 'root', name: 'RUN many', from: 0, to: 9 },
    attributes: { 'cicd.pipeline.result': 'failure', namespace: 'ci' },
  };
  const many = { resourceSpans: [fromService('tekton-pipelines', [root, ...failures])] };
  await failureLogs.read(buildWaterfall(TRACE_ID, many));
  expect(reads).toEqual(['pod-1/step-s', 'pod-2/step-s', 'pod-3/step-s']);
});

let store: TraceStore | undefined;
afterEach(async () => {
  await store?.close();
});

test('a comparison waits for it', async () => {
  store = await startTraceStore({ log: silentLogger, logs });
  await sendSpans(store, traces);
  const response = await fetch(`${store.url}/api/compare/${TRACE_ID}/${TRACE_ID}`, {
    headers: { authorization: `Bearer ${store.token}` },
  });
  const { before, after } = (await response.json()) as Comparison;
  expect([before.problem, after.problem]).toEqual(Array(2).fill(`${SHORT}: denied: no rights`));
  expect(reads).toEqual(['img-pod/step-push']);
});
