import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { ancestry } from '../../../../controller/lifecycle/span.ts';
import { taskRunSpans } from '../../../../controller/lifecycle/task.ts';
import type { PipelineRunStatus } from '../../../../shared/tekton/types.ts';
import { Lifecycle, RUN } from './lifecycle.ts';
import { begun, carrier, pipelineRun, ranRun, ranTask, ROOT, taskRun, TRACE } from './objects.ts';

const UPSTREAM = 'tekton.dev/pipelinerunSpanContext';
const spanContext = { traceparent: `00-${TRACE}-${ROOT}-01` };

let lifecycle: Lifecycle;
beforeEach(() => {
  lifecycle = new Lifecycle();
});
afterEach(() => lifecycle.stop());

const put = (status: PipelineRunStatus | undefined, annotations: Record<string, string> = {}): void =>
  lifecycle.api.put('pipelineruns', pipelineRun(status, { annotations }));
/** What was put before has been reconciled, if it was due: another run came after it and has its context. */
async function reconciled(name: string): Promise<void> {
  lifecycle.api.put('pipelineruns', pipelineRun(begun, { name, uid: `uid-${name}`, annotations: {} }));
  await lifecycle.until(() => lifecycle.rootOf(name) !== undefined);
}

test('a run without a context waits for upstream’s first status, and is in the trace that this one names', async () => {
  await lifecycle.start();
  put(undefined);
  await reconciled('other');
  expect(lifecycle.rootOf()).toBeUndefined();
  put({ ...begun, spanContext });
  await lifecycle.until(() => lifecycle.rootOf() !== undefined);
  expect(lifecycle.rootOf()?.traceId).toBe(TRACE);
  expect(lifecycle.rootOf()?.spanId).not.toBe(ROOT);
});

test('of two traces that upstream has started, the run is in the first, and links to the other', async () => {
  lifecycle.api.failPatch = () => new Error('not now');
  await lifecycle.start();
  put({ ...begun, spanContext });
  const second = { traceparent: `00-${'b'.repeat(32)}-${ROOT}-01` };
  put({ ...ranRun, spanContext: second });
  lifecycle.api.failPatch = undefined;
  await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
  expect(lifecycle.rootOf()?.traceId).toBe(TRACE);
  const root = lifecycle.accepted.flat().find(({ name }) => name === 'RUN build');
  expect(root?.links.map(({ context }) => context.traceId)).toEqual(['b'.repeat(32)]);
});

test('it waits for five seconds: upstream then finds a context', async () => {
  await lifecycle.start();
  put(undefined);
  await reconciled('other');
  lifecycle.nowMs += 4_999;
  put(undefined, { touched: 'once' });
  await reconciled('another');
  expect(lifecycle.rootOf()).toBeUndefined();
  lifecycle.nowMs += 1;
  put(undefined, { touched: 'twice' });
  await lifecycle.until(() => lifecycle.rootOf() !== undefined);
  expect(lifecycle.api.get('pipelineruns', RUN).metadata.annotations?.[UPSTREAM]).toBeDefined();
});

test('it has its trace even if the first status is the last', async () => {
  await lifecycle.start();
  put(undefined);
  await reconciled('other');
  put({ ...ranRun, spanContext });
  await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
  expect(lifecycle.rootOf()?.traceId).toBe(TRACE);
});

test('a trace that an annotation named is not upstream’s own, also when the annotation is gone again', async () => {
  await lifecycle.start();
  let tries = 0;
  lifecycle.api.failPatch = () => (tries++, new Error('not now'));
  put(undefined, { [UPSTREAM]: carrier() });
  await lifecycle.until(() => tries > 0);
  lifecycle.api.failPatch = undefined;
  put({ ...begun, spanContext });
  await lifecycle.until(() => lifecycle.rootOf() !== undefined);
  expect(lifecycle.rootOf()?.traceId).not.toBe(TRACE);
});

test('the link to the trace is written with the context', async () => {
  await lifecycle.start({ policy: { traceUrl: (traceId) => `https://jaeger.example.com/trace/${traceId}` } });
  put({ ...begun, spanContext }, { 'tekton/trace-url': 'https://elsewhere.example.com' });
  await lifecycle.until(() => lifecycle.rootOf() !== undefined);
  const { annotations } = lifecycle.api.get('pipelineruns', RUN).metadata;
  expect(annotations?.['tekton/trace-url']).toBe(`https://jaeger.example.com/trace/${TRACE}`);
  expect(lifecycle.api.patches).toHaveLength(1);
});

test('the root has a link to upstream’s reconciles if they are in another trace, and no second one', () => {
  const own = { traceId: 'a'.repeat(32), spanId: ROOT, sampled: true };
  const links = (status: PipelineRunStatus, annotations = {}, context = own): unknown[] =>
    ancestry(pipelineRun(status, { annotations }), context).links.map((link) => [link.attributes?.['tektrace.link'], link.context.traceId]); // prettier-ignore
  expect(links({ ...ranRun, spanContext })).toEqual([['reconciles', TRACE]]);
  expect(links({ ...ranRun, spanContext }, {}, { ...own, traceId: TRACE })).toEqual([]);
  expect(links({ ...ranRun, spanContext }, { 'tekton/parent-span-context': carrier() })).toEqual([['inbound', TRACE]]);
  expect(links(ranRun)).toEqual([]);
});

test('a task has a link to upstream’s reconciles of its TaskRun if they are in another trace', () => {
  const task = (traceId: string): unknown[] =>
    taskRunSpans({
      taskRun: taskRun({ ...ranTask, spanContext }),
      own: { traceId, spanId: ROOT, sampled: true },
      pods: [],
      fold: false,
    })
      .at(-1)
      ?.links.map((link) => [link.attributes?.['tektrace.link'], link.context.traceId]) ?? [];
  expect(task('a'.repeat(32))).toEqual([['reconciles', TRACE]]);
  expect(task(TRACE)).toEqual([]);
});
