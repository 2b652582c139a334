import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { startLocalCluster } from '../../cli/local/cluster.ts';
import type { LocalCluster } from '../../cli/local/cluster.ts';
import type { Run } from '../../cli/follow/follow-run.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import { isolation } from '../support/isolations.ts';
import { create, finish, pipelineRun, taskRun, until } from './support/run.ts';
import { expectWhole, named, spansOf } from './support/trace.ts';

let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await startLocalCluster({ isolation, sink: undefined, log: silentLogger });
});
afterAll(() => cluster.close());

test('TRACEPARENT in a step names that step’s own span, and a span made with it hangs below', async () => {
  const { lines, spans, run } = await finish(
    cluster,
    await create<Run>(
      cluster.client,
      pipelineRun('env', [
        { name: 'one', script: 'echo $TRACEPARENT' },
        { name: 'two', script: 'echo $TRACEPARENT' },
      ]),
    ),
  );
  const [, traceId = '', spanId = ''] = (lines.find((line) => line.step === 'two')?.text ?? '').split('-');
  expect(traceId).toBe(runSpan(run)?.traceId);
  expect(spanId).toBe(named(spans, 'step two').id);
  expect(named(spans, 'step one').id).not.toBe(spanId);

  const now = `${Date.now()}000000`;
  const inner = {
    traceId,
    spanId: 'abcdefabcdef0001',
    parentSpanId: spanId,
    name: 'compile',
    startTimeUnixNano: now,
    endTimeUnixNano: now,
  };
  const body = {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'make' } }] },
        scopeSpans: [{ spans: [inner] }],
      },
    ],
  };
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${cluster.traces.token}` };
  const response = await fetch(cluster.traces.otlpUrl, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(response.status).toBe(200);
  const all = await until(() => {
    const now = spansOf(cluster.traces.trace(traceId));
    return now.some((span) => span.name === 'compile') && now;
  }, 'the span of the step');
  expectWhole(all);
});

test('a TaskRun that no run owns is a trace of its own', async () => {
  const { spans, lines } = await finish(
    cluster,
    await create<Run>(cluster.client, taskRun('alone', [{ name: 'hi', script: 'echo $TRACEPARENT' }])),
  );
  const root = expectWhole(spans);
  expect(root.name).toBe('RUN alone');
  expect(named(spans, 'step hi').parent).toBe(root.id);
  expect(lines[0]?.text.split('-')[2]).toBe(named(spans, 'step hi').id);
});

test('a variable that the step sets itself stays as it is', async () => {
  const { lines } = await finish(
    cluster,
    await create<Run>(
      cluster.client,
      pipelineRun('own', [{ name: 'own', env: [{ name: 'TRACEPARENT', value: 'mine' }], script: 'echo $TRACEPARENT' }]),
    ),
  );
  expect(lines.map((line) => line.text)).toEqual(['mine']);
});

test('a run joins the parent that its creator supplied', async () => {
  const parent = { traceparent: '00-0f57e147e992b304d977436289d10628-73d5909e31793992-01', tracestate: 'vendor=1' };
  const run = pipelineRun('joined', [{ name: 'env', script: 'echo "$TRACEPARENT $TRACESTATE"' }]);
  run.metadata.annotations = { 'tekton/parent-span-context': JSON.stringify(parent) };
  const created = await create<Run>(cluster.client, run);
  expect(runSpan(created)?.traceId).toBe('0f57e147e992b304d977436289d10628');
  const spans = await until(() => {
    const all = spansOf(cluster.traces.trace('0f57e147e992b304d977436289d10628'));
    return all.some((span) => span.name === 'RUN joined') && all;
  }, 'the root');
  expect(named(spans, 'RUN joined').parent).toBe('73d5909e31793992');
});
