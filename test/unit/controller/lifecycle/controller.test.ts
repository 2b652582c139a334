import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { ConnectionError } from '../../../../shared/kubernetes/errors.ts';
import { parseCarrier } from '../../../../shared/tracing/carrier.ts';
import { ExportError } from '../../../../shared/tracing/exporters/sink.ts';
import { Lifecycle, RUN, TASK } from './lifecycle.ts';
import { at, begun, carrier, condition, pipelineRun, pod, ranRun, ranTask, ROOT, taskRun, TRACE } from './objects.ts';

const EXPORTED = 'tekton/trace-exported';
const OWN = 'tekton/pipelinerun-span-context';
const submitted = [
  { manager: 'kubectl-create', fieldsV1: { 'f:metadata': { 'f:annotations': { [`f:${OWN}`]: {} } } } },
];

let lifecycle: Lifecycle;
beforeEach(() => {
  lifecycle = new Lifecycle();
});
afterEach(() => lifecycle.stop());

const content = (spans: ReadableSpan[]) =>
  spans.map(({ spanContext, ...rest }) => ({ ...spanContext(), ...rest, resource: rest.resource.attributes }));

describe('a run without a context of its own', () => {
  test('gets one when it has none', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(begun, { annotations: {} }));
    await lifecycle.until(() => lifecycle.rootOf() !== undefined);
    const { annotations } = lifecycle.api.get('pipelineruns', RUN).metadata;
    expect(annotations?.['tekton.dev/pipelinerunSpanContext']).toBe(annotations?.[OWN]);
  });

  test('gets one when what it has is malformed', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(begun, { annotations: { [OWN]: '{"traceparent":"00-0-0-01"}' } }));
    await lifecycle.until(() => lifecycle.rootOf() !== undefined);
  });

  test('that was copied while no webhook was there gets a trace of its own, and loses its original’s marks', async () => {
    await lifecycle.start();
    const annotations = {
      [OWN]: carrier(),
      [EXPORTED]: 'other',
      'tekton/parent-span-context': carrier(TRACE, '2'.repeat(16)),
    };
    lifecycle.api.put('pipelineruns', pipelineRun(begun, { annotations, managedFields: submitted }));
    await lifecycle.until(() => lifecycle.rootOf()?.traceId !== TRACE);
    const stored = lifecycle.api.get('pipelineruns', RUN).metadata.annotations;
    expect(stored).toMatchObject({ 'tekton/rerun-span-context': carrier() });
    expect(stored).not.toHaveProperty([EXPORTED]);
    expect(stored).not.toHaveProperty(['tekton/parent-span-context']);
  });

  test('that was copied and has ended meanwhile is not taken for its original', async () => {
    lifecycle.api.put(
      'pipelineruns',
      pipelineRun(ranRun, { annotations: { [OWN]: carrier() }, managedFields: submitted }),
    );
    await lifecycle.start();
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) === 'uid-run');
    expect(lifecycle.accepted.flat().every((span) => span.spanContext().traceId !== TRACE)).toBe(true);
  });

  test('adopts the trace that upstream has started', async () => {
    await lifecycle.start();
    const spanContext = { traceparent: `00-${TRACE}-${ROOT}-01` };
    lifecycle.api.put('pipelineruns', pipelineRun({ ...begun, spanContext }, { annotations: {} }));
    await lifecycle.until(() => lifecycle.rootOf()?.traceId === TRACE);
  });

  test('hands its context to its TaskRuns, and writes it on them only where it executes them', async () => {
    await lifecycle.start();
    lifecycle.api.put('taskruns', taskRun(undefined, { annotations: {} }));
    lifecycle.api.put('pipelineruns', pipelineRun(begun, { annotations: {} }));
    const child = () => lifecycle.drive.spanOf(lifecycle.api.get('taskruns', TASK));
    await lifecycle.until(() => child() !== undefined);
    const { traceId, spanId } = lifecycle.rootOf() ?? {};
    expect(child()).toMatchObject({ traceId, parentSpanId: spanId });
    lifecycle.api.put('pods', pod());
    lifecycle.api.put('taskruns', taskRun(ranTask, { annotations: {} }));
    await lifecycle.until(() => lifecycle.sent().includes('task compile'));
    expect(lifecycle.api.patches.map(({ name }) => name)).toEqual([RUN, TASK]);
    expect(Object.keys(lifecycle.api.get('taskruns', TASK).metadata.annotations ?? {})).toEqual([EXPORTED]);
  });

  test('writes it on TaskRuns that it executes', async () => {
    await lifecycle.start({ policy: { manage: 'all' } });
    lifecycle.api.put('taskruns', taskRun(undefined, { annotations: {} }));
    lifecycle.api.put('pipelineruns', pipelineRun(undefined, { annotations: {} }));
    const child = () =>
      parseCarrier(lifecycle.api.get('taskruns', TASK).metadata.annotations?.['tekton/taskrun-span-context']);
    await lifecycle.until(() => child() !== undefined);
    expect(child()).toEqual(lifecycle.rootOf());
  });

  test('a TaskRun that names another run’s span gets its owner’s', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(undefined));
    lifecycle.api.put(
      'taskruns',
      taskRun(undefined, { annotations: { 'tekton/taskrun-span-context': carrier('9'.repeat(32)) } }),
    );
    await lifecycle.until(
      () => lifecycle.api.get('taskruns', TASK).metadata.annotations?.['tekton/taskrun-span-context'] === carrier(),
    );
  });

  test('is left alone when it had finished before anybody stamped it', async () => {
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { annotations: {} }));
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'later', uid: 'uid-later' }));
    await lifecycle.start();
    await lifecycle.until(() => lifecycle.mark('pipelineruns', 'later') !== undefined);
    expect(lifecycle.api.patches.map(({ name }) => name)).toEqual(['later']);
  });
});

describe('settle, export, mark', () => {
  test('the TaskRun leaves before its run, and each is marked with its uid', async () => {
    await lifecycle.start();
    lifecycle.api.put('pods', pod());
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
    lifecycle.api.put('taskruns', taskRun(ranTask));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) === 'uid-run');
    expect(lifecycle.mark('taskruns', TASK)).toBe('uid-compile');
    expect(lifecycle.api.patches.map(({ name }) => name).at(-1)).toBe(RUN);
    expect(lifecycle.sent().at(-1)).toBe('RUN build');
    expect(new Set(lifecycle.accepted.flat().map((span) => span.spanContext().spanId)).size).toBe(
      lifecycle.sent().length,
    );
    expect(lifecycle.accepted.flat().at(-1)?.resource.attributes).toEqual({
      'service.name': 'tekton-pipelines',
      'host.id': 'cluster-1',
      'host.name': 'cluster-1',
      ip: 'cluster-1',
    });
  });

  test('a run that is executed elsewhere has one Event, with its trace and the URL', async () => {
    await lifecycle.start();
    const url = `https://jaeger.example.com/trace/${TRACE}`;
    const annotations = { [OWN]: carrier(), 'tekton/trace-url': url };
    lifecycle.api.put('pods', pod());
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { annotations }));
    lifecycle.api.put('taskruns', taskRun(ranTask));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) === 'uid-run');
    expect(lifecycle.events).toEqual([{ name: RUN, reason: 'TraceExported', message: `trace ${TRACE}: ${url}` }]);
  });

  test('a run that is executed here has no second Event: its first one names the trace', async () => {
    await lifecycle.start({ policy: { manage: 'all' } });
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) === 'uid-run');
    expect(lifecycle.events).toEqual([]);
  });

  test("the run's mark says that its TaskRuns left, too", async () => {
    const end = await lifecycle.start({ markDelayMs: 3_600_000 });
    lifecycle.api.put('pods', pod());
    lifecycle.api.put('pipelineruns', pipelineRun(undefined));
    lifecycle.api.put('taskruns', taskRun(ranTask));
    await lifecycle.until(() => lifecycle.sent().includes('task compile'));
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) === 'uid-run');
    await end();
    expect(lifecycle.api.patches.map(({ name }) => name)).toEqual([RUN]);

    lifecycle.accepted.splice(0);
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'later', uid: 'uid-later' }));
    await lifecycle.start({ markDelayMs: 3_600_000 });
    await lifecycle.until(() => lifecycle.mark('pipelineruns', 'later') !== undefined);
    expect(lifecycle.sent()).not.toContain('task compile');
  });

  test('a followed run of three tasks that the webhook has stamped costs one write: its mark', async () => {
    await lifecycle.start({ markDelayMs: 3_600_000 });
    const tasks = ['compile', 'test', 'publish'];
    lifecycle.api.put('pipelineruns', pipelineRun({ startTime: at(1), conditions: [condition('Unknown', 'Running')] }));
    for (const task of tasks) lifecycle.api.put('taskruns', taskRun({ ...ranTask, podName: undefined }, {}, task));
    await lifecycle.until(() => tasks.every((task) => lifecycle.sent().includes(`task ${task}`)));
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) === 'uid-run');
    await lifecycle.stop();
    expect(lifecycle.api.patches.map(({ name }) => name)).toEqual([RUN]);
  });

  test('a process that ends before the run marks the TaskRuns that left', async () => {
    const end = await lifecycle.start({ markDelayMs: 3_600_000 });
    lifecycle.api.put('pods', pod());
    lifecycle.api.put('pipelineruns', pipelineRun(undefined));
    lifecycle.api.put('taskruns', taskRun(ranTask));
    await lifecycle.until(() => lifecycle.sent().includes('task compile'));
    expect(lifecycle.mark('taskruns', TASK)).toBeUndefined();
    await end();
    expect(lifecycle.mark('taskruns', TASK)).toBe('uid-compile');
  });

  test('a TaskRun made after its run ended is marked for itself', async () => {
    await lifecycle.start();
    lifecycle.api.put('pods', pod());
    lifecycle.api.put(
      'pipelineruns',
      pipelineRun(ranRun, { annotations: { [OWN]: carrier(), [EXPORTED]: 'uid-run' } }),
    );
    lifecycle.api.put('taskruns', taskRun(ranTask, { creationTimestamp: at(59) }));
    await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
  });

  test('what is known early leaves early, and once', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun({ startTime: at(1), conditions: [condition('Unknown', 'Running')] }));
    await lifecycle.until(() => lifecycle.sent().includes('queued'));
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
    expect(lifecycle.sent()).toEqual(['queued', 'RUN build']);
  });

  test('a collector that is away gets everything when it is back, and is warned of once', async () => {
    let tries = 0;
    lifecycle.refusal = () => (++tries < 4 ? new ExportError('connect ECONNREFUSED', { retryable: true }) : undefined);
    await lifecycle.start();
    lifecycle.api.put('pods', pod());
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
    lifecycle.api.put('taskruns', taskRun(ranTask));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
    expect(lifecycle.sent().filter((name) => name === 'RUN build')).toHaveLength(1);
    expect(lifecycle.lines.filter((line) => line.includes('warn'))).toHaveLength(1);
    expect(lifecycle.lines.filter((line) => line.includes('again  collector'))).toHaveLength(1);
  });

  test('what the collector refuses for good is not sent again, and not marked: the next process sends it once more', async () => {
    let tries = 0;
    lifecycle.refusal = () => (tries++, new ExportError('answered 401', { retryable: false }));
    const stop = await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
    lifecycle.api.put('taskruns', taskRun(ranTask));
    lifecycle.api.put('pods', pod());
    await lifecycle.until(() => tries === 2);
    await stop();
    expect(lifecycle.api.get('pipelineruns', RUN).metadata.annotations).not.toHaveProperty([EXPORTED]);

    lifecycle.refusal = () => undefined;
    await lifecycle.start();
    await lifecycle.until(() => lifecycle.api.get('pipelineruns', RUN).metadata.annotations?.[EXPORTED] === 'uid-run');
  });

  test('what was accepted is not sent again when its mark can not be written', async () => {
    let tries = 0;
    lifecycle.api.failPatch = () =>
      ++tries < 4 ? new ConnectionError('PATCH', new Error('connection refused')) : undefined;
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) === 'uid-run');
    expect(tries).toBe(4);
    expect(lifecycle.sent().filter((name) => name === 'RUN build')).toHaveLength(1);
  });

  test('a crash between export and mark repeats identical spans, and then marks', async () => {
    let crashed: () => void = () => undefined;
    const crash = new Promise<void>((resolve) => (crashed = resolve));
    lifecycle.api.failPatch = () => (crashed(), new Error('the process was killed'));
    lifecycle.api.put('pods', pod());
    lifecycle.api.put('taskruns', taskRun(ranTask));
    lifecycle.api.put('pipelineruns', pipelineRun(undefined));
    const end = await lifecycle.start();
    await crash;
    await end();
    const before = lifecycle.accepted
      .splice(0)
      .flat()
      .filter((span) => span.name !== 'queued');
    expect(before.length).toBeGreaterThan(0);
    lifecycle.api.failPatch = undefined;
    await lifecycle.start();
    await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
    const repeated = lifecycle.accepted.flat().slice(0, 7);
    expect(content(repeated)).toEqual(content(before.slice(0, 7)));
  });

  test('a run that is marked is never sent again', async () => {
    lifecycle.api.put(
      'pipelineruns',
      pipelineRun(ranRun, { annotations: { [OWN]: carrier(), [EXPORTED]: 'uid-run' } }),
    );
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'later', uid: 'uid-later' }));
    await lifecycle.start();
    await lifecycle.until(() => lifecycle.mark('pipelineruns', 'later') !== undefined);
    expect(lifecycle.sent().filter((name) => name === 'RUN build')).toHaveLength(1);
  });
});

test('a run that is deleted before its end leaves as a cancellation', async () => {
  await lifecycle.start();
  lifecycle.api.put('pipelineruns', pipelineRun({ startTime: at(1), conditions: [condition('Unknown', 'Running')] }));
  lifecycle.api.put(
    'taskruns',
    taskRun({ ...ranTask, completionTime: undefined, conditions: [condition('Unknown', 'Running')] }),
  );
  await lifecycle.until(() => lifecycle.sent().includes('queued'));
  lifecycle.api.delete('pipelineruns', RUN);
  lifecycle.api.delete('taskruns', TASK);
  await lifecycle.until(() => lifecycle.sent().includes('RUN build'));
  const named = (name: string) => lifecycle.accepted.flat().find((span) => span.name === name);
  expect(named('task compile')?.attributes).toMatchObject({
    'cicd.pipeline.task.run.result': 'cancellation',
    'error.type': 'deleted',
  });
  expect(named('RUN build')?.attributes).toMatchObject({
    'cicd.pipeline.result': 'cancellation',
    'error.type': 'deleted',
  });
});

describe('an unsampled run', () => {
  const off = { [OWN]: carrier(TRACE, ROOT, '00') };
  const child = { 'tekton/taskrun-span-context': carrier(TRACE, ROOT, '00') };
  const failed = { ...ranRun, conditions: [condition('False', 'Failed')] };

  async function runs(status: typeof ranRun, keepFailures: boolean): Promise<void> {
    await lifecycle.start({ policy: { keepFailures } });
    lifecycle.api.put('pods', pod());
    lifecycle.api.put('taskruns', taskRun(ranTask, { annotations: child }));
    lifecycle.api.put('pipelineruns', pipelineRun(status, { annotations: off }));
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'later', uid: 'uid-later', generateName: 'later-' }));
  }

  test('that fails is sent whole at its end', async () => {
    await runs(failed, true);
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) === 'uid-run');
    expect(lifecycle.sent()).toEqual(expect.arrayContaining(['task compile', 'step make', 'RUN build']));
  });

  test.each([
    ['succeeds', ranRun, true],
    ['fails while --keep-failures is off', failed, false],
  ])('that %s sends nothing', async (_what, status, keepFailures) => {
    await runs(status, keepFailures);
    await lifecycle.until(() => lifecycle.mark('pipelineruns', 'later') !== undefined);
    await lifecycle.stop();
    expect(new Set(lifecycle.accepted.flat().map((span) => span.name))).toEqual(new Set(['queued', 'RUN later']));
  });
});

describe('a run that is not to be traced', () => {
  const ignored = { 'tektrace.dev/ignore': '' };
  const later = () =>
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'later', uid: 'uid-later', generateName: 'later-' }));

  test('gets no context, and nothing of it leaves: neither what it brought along, nor its TaskRuns', async () => {
    lifecycle.api.put(
      'pipelineruns',
      pipelineRun(undefined, { name: 'new', uid: 'uid-new', labels: ignored, annotations: {} }),
    );
    lifecycle.api.put('pods', pod());
    lifecycle.api.put('taskruns', taskRun(ranTask));
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { labels: ignored }));
    later();
    await lifecycle.start();
    await lifecycle.until(() => lifecycle.mark('pipelineruns', 'later') !== undefined);
    expect(lifecycle.api.patches.map(({ name }) => name)).toEqual(['later']);
    expect(new Set(lifecycle.sent())).toEqual(new Set(['queued', 'RUN later']));
  });

  test('because of its namespace is left alone in the same way', async () => {
    lifecycle.api.put(
      'pipelineruns',
      pipelineRun(ranRun, { name: 'other', uid: 'uid-other', namespace: 'kube-system' }),
    );
    later();
    await lifecycle.start({ policy: { excludedNamespaces: ['kube-system'] } });
    await lifecycle.until(() => lifecycle.mark('pipelineruns', 'later') !== undefined);
    expect(lifecycle.api.patches.map(({ name }) => name)).toEqual(['later']);
  });

  test('because of a label that is taken off its namespace while it runs stays so: no part of it leaves without its root', async () => {
    let isIgnored = true;
    await lifecycle.start({ policy: { isIgnoredNamespace: (name) => isIgnored && name === 'ci' } });
    lifecycle.api.put('pipelineruns', pipelineRun(begun, { annotations: {} }));
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'next', uid: 'uid-next', namespace: 'other' }));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', 'next') !== undefined);
    isIgnored = false;
    lifecycle.api.put('pods', pod());
    lifecycle.api.put('taskruns', taskRun(ranTask, { annotations: {} }));
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { annotations: {} }));
    later();
    await lifecycle.until(() => lifecycle.mark('pipelineruns', 'later') !== undefined);
    expect(lifecycle.api.patches.map(({ name }) => name)).toEqual(['next', 'later']);
    expect(new Set(lifecycle.sent())).toEqual(new Set(['queued', 'RUN build', 'RUN later']));
  });
});
