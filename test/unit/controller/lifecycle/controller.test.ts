import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { LifecycleController } from '../../../../controller/lifecycle/controller.ts';
import { LifecycleSender } from '../../../../controller/lifecycle/sender.ts';
import type { Pod } from '../../../../shared/kubernetes/pod.ts';
import { Reflector } from '../../../../shared/kubernetes/reflector.ts';
import { PIPELINE_RUNS, PODS, TASK_RUNS } from '../../../../shared/kubernetes/resources.ts';
import { createLogger, silentLogger } from '../../../../shared/runtime/log.ts';
import type { PipelineRun, TaskRun } from '../../../../shared/tekton/types.ts';
import { parseCarrier } from '../../../../shared/tracing/carrier.ts';
import { ExportError } from '../../../../shared/tracing/exporters/sink.ts';
import type { SpanSink } from '../../../../shared/tracing/exporters/sink.ts';
import { FakeApi } from './fake-api.ts';
import { at, carrier, condition, ms, pipelineRun, pod, ranRun, ranTask, ROOT, taskRun, TRACE } from './objects.ts';

const EXPORTED = 'tekton/trace-exported';
const OWN = 'tekton/pipelinerun-span-context';
const submitted = [
  { manager: 'kubectl-create', fieldsV1: { 'f:metadata': { 'f:annotations': { [`f:${OWN}`]: {} } } } },
];

let api: FakeApi;
let stops: (() => Promise<void>)[];
let accepted: ReadableSpan[][];
let refusal: (spans: ReadableSpan[]) => Error | undefined;
let lines: string[];
let nowMs: number;

beforeEach(() => {
  api = new FakeApi();
  [stops, accepted, lines, nowMs] = [[], [], [], ms(25)];
  refusal = () => undefined;
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const sink: SpanSink = {
  target: 'http://collector',
  send: async (spans) => {
    const error = refusal(spans);
    if (error) throw error;
    accepted.push(spans);
  },
  close: async () => undefined,
};

/** Starts a controller, as a process does; the returned function ends it. */
async function start(options: { keepFailures?: boolean; markDelayMs?: number } = {}): Promise<() => Promise<void>> {
  const { client } = api;
  const log = silentLogger;
  const reflectors = {
    pipelineRuns: new Reflector<PipelineRun>({ client, resource: PIPELINE_RUNS, log }),
    taskRuns: new Reflector<TaskRun>({ client, resource: TASK_RUNS, log }),
    pods: new Reflector<Pod>({ client, resource: PODS, log }),
  };
  const senderLog = createLogger({ format: 'text', write: (line) => void lines.push(line) });
  const controller = new LifecycleController({
    client,
    reflectors,
    sender: new LifecycleSender(sink, 'cluster-1', senderLog),
    mint: { sampling: { ratio: 1 } },
    keepFailures: options.keepFailures ?? true,
    markDelayMs: options.markDelayMs ?? 0,
    log,
    nowMs: () => nowMs,
  });
  const stop = new AbortController();
  const runs = Object.values(reflectors).map((reflector) => reflector.run(stop.signal));
  await Promise.all(Object.values(reflectors).map((reflector) => reflector.synced));
  controller.start();
  const end = async (): Promise<void> => {
    stop.abort();
    await controller.stop();
    await Promise.all(runs);
  };
  stops.push(end);
  return end;
}

/** Lets everything that is under way happen until `holds`; the test's own time limit is the only one. */
async function until(holds: () => boolean): Promise<void> {
  const current = api;
  while (!holds() && api === current) await new Promise<void>((resolve) => setTimeout(resolve, 5));
}

const sent = (): string[] => accepted.flat().map((span) => span.name);
const mark = (plural: 'pipelineruns' | 'taskruns', name: string): string | undefined =>
  api.get(plural, name)?.metadata.annotations?.[EXPORTED];
const rootOf = (name = 'build-x7k2p') => parseCarrier(api.get('pipelineruns', name)?.metadata.annotations?.[OWN]);
const content = (spans: ReadableSpan[]) =>
  spans.map(({ spanContext, ...rest }) => ({ ...spanContext(), ...rest, resource: rest.resource.attributes }));

const RUN = 'build-x7k2p';
const TASK = 'build-x7k2p-compile';

describe('a run without a context of its own', () => {
  test('gets one when it has none', async () => {
    await start();
    api.put('pipelineruns', pipelineRun(undefined, { annotations: {} }));
    await until(() => rootOf() !== undefined);
    const { annotations } = api.get('pipelineruns', RUN).metadata;
    expect(annotations?.['tekton.dev/pipelinerunSpanContext']).toBe(annotations?.[OWN]);
  });

  test('gets one when what it has is malformed', async () => {
    await start();
    api.put('pipelineruns', pipelineRun(undefined, { annotations: { [OWN]: '{"traceparent":"00-0-0-01"}' } }));
    await until(() => rootOf() !== undefined);
  });

  test('that was copied while no webhook was there gets a trace of its own, and loses its original’s marks', async () => {
    await start();
    const annotations = {
      [OWN]: carrier(),
      [EXPORTED]: 'other',
      'tekton/parent-span-context': carrier(TRACE, '2'.repeat(16)),
    };
    api.put('pipelineruns', pipelineRun(undefined, { annotations, managedFields: submitted }));
    await until(() => rootOf()?.traceId !== TRACE);
    const stored = api.get('pipelineruns', RUN).metadata.annotations;
    expect(stored).toMatchObject({ 'tekton/rerun-span-context': carrier() });
    expect(stored).not.toHaveProperty([EXPORTED]);
    expect(stored).not.toHaveProperty(['tekton/parent-span-context']);
  });

  test('that was copied and has ended meanwhile is not taken for its original', async () => {
    api.put('pipelineruns', pipelineRun(ranRun, { annotations: { [OWN]: carrier() }, managedFields: submitted }));
    await start();
    await until(() => mark('pipelineruns', RUN) === 'uid-run');
    expect(accepted.flat().every((span) => span.spanContext().traceId !== TRACE)).toBe(true);
  });

  test('adopts the trace that upstream has started', async () => {
    await start();
    const spanContext = { traceparent: `00-${TRACE}-${ROOT}-01` };
    api.put('pipelineruns', pipelineRun({ startTime: at(1), spanContext }, { annotations: {} }));
    await until(() => rootOf()?.traceId === TRACE);
  });

  test('hands its context to its TaskRuns', async () => {
    await start();
    api.put('taskruns', taskRun(undefined, { annotations: {} }));
    api.put('pipelineruns', pipelineRun(undefined, { annotations: {} }));
    const child = () => parseCarrier(api.get('taskruns', TASK).metadata.annotations?.['tekton/taskrun-span-context']);
    await until(() => child() !== undefined);
    expect(child()).toEqual(rootOf());
  });

  test('a TaskRun that names another run’s span gets its owner’s', async () => {
    await start();
    api.put('pipelineruns', pipelineRun(undefined));
    api.put(
      'taskruns',
      taskRun(undefined, { annotations: { 'tekton/taskrun-span-context': carrier('9'.repeat(32)) } }),
    );
    await until(() => api.get('taskruns', TASK).metadata.annotations?.['tekton/taskrun-span-context'] === carrier());
  });

  test('is left alone when it had finished before anybody stamped it', async () => {
    api.put('pipelineruns', pipelineRun(ranRun, { annotations: {} }));
    api.put('pipelineruns', pipelineRun(ranRun, { name: 'later', uid: 'uid-later' }));
    await start();
    await until(() => mark('pipelineruns', 'later') !== undefined);
    expect(api.patches.map(({ name }) => name)).toEqual(['later']);
  });
});

describe('settle, export, mark', () => {
  test('the TaskRun leaves before its run, and each is marked with its uid', async () => {
    await start();
    api.put('pods', pod());
    api.put('pipelineruns', pipelineRun(ranRun));
    api.put('taskruns', taskRun(ranTask));
    await until(() => mark('pipelineruns', RUN) === 'uid-run');
    expect(mark('taskruns', TASK)).toBe('uid-compile');
    expect(api.patches.map(({ name }) => name).at(-1)).toBe(RUN);
    expect(sent().at(-1)).toBe('RUN build');
    expect(new Set(accepted.flat().map((span) => span.spanContext().spanId)).size).toBe(sent().length);
    expect(accepted.flat().at(-1)?.resource.attributes).toEqual({
      'service.name': 'tekton-pipelines',
      'host.id': 'cluster-1',
      'host.name': 'cluster-1',
      ip: 'cluster-1',
    });
  });

  test("the run's mark says that its TaskRuns left, too", async () => {
    await start({ markDelayMs: 3_600_000 });
    api.put('pods', pod());
    api.put('pipelineruns', pipelineRun(undefined));
    api.put('taskruns', taskRun(ranTask));
    await until(() => sent().includes('task compile'));
    api.put('pipelineruns', pipelineRun(ranRun));
    await until(() => mark('pipelineruns', RUN) === 'uid-run');
    const end = stops.pop();
    await end?.();
    expect(api.patches.map(({ name }) => name)).toEqual([RUN]);

    accepted.splice(0);
    api.put('pipelineruns', pipelineRun(ranRun, { name: 'later', uid: 'uid-later' }));
    await start({ markDelayMs: 3_600_000 });
    await until(() => mark('pipelineruns', 'later') !== undefined);
    expect(sent()).not.toContain('task compile');
  });

  test('a process that ends before the run marks the TaskRuns that left', async () => {
    const end = await start({ markDelayMs: 3_600_000 });
    api.put('pods', pod());
    api.put('pipelineruns', pipelineRun(undefined));
    api.put('taskruns', taskRun(ranTask));
    await until(() => sent().includes('task compile'));
    expect(mark('taskruns', TASK)).toBeUndefined();
    await end();
    expect(mark('taskruns', TASK)).toBe('uid-compile');
  });

  test('a TaskRun made after its run ended is marked for itself', async () => {
    await start();
    api.put('pods', pod());
    api.put('pipelineruns', pipelineRun(ranRun, { annotations: { [OWN]: carrier(), [EXPORTED]: 'uid-run' } }));
    api.put('taskruns', taskRun(ranTask, { creationTimestamp: at(59) }));
    await until(() => mark('taskruns', TASK) === 'uid-compile');
  });

  /** The TaskRun ends, and while something else is exported it is not. */
  async function endsUnmarked(): Promise<void> {
    api.put('pipelineruns', pipelineRun(undefined));
    api.put('taskruns', taskRun(ranTask));
    api.put('pipelineruns', pipelineRun(ranRun, { name: 'other', uid: 'uid-other' }));
    await until(() => mark('pipelineruns', 'other') !== undefined);
    expect(mark('taskruns', TASK)).toBeUndefined();
  }

  test('a TaskRun whose Pod still runs waits for it', async () => {
    nowMs = ms(13);
    await start();
    api.put('pods', pod('compile-pod', 'Running'));
    await endsUnmarked();
    api.put('pods', pod());
    await until(() => mark('taskruns', TASK) === 'uid-compile');
    expect(sent()).toContain('sidecar db');
  });

  test('a TaskRun whose Pod was not seen yet waits for it: the watch of Pods may be behind', async () => {
    await start();
    await endsUnmarked();
    api.put('pods', pod());
    await until(() => mark('taskruns', TASK) === 'uid-compile');
    expect(sent()).toContain('pod scheduling');
  });

  test('a TaskRun waits half a minute, and no longer, for a Pod that nobody brings', async () => {
    nowMs = ms(42);
    await start();
    api.put('pipelineruns', pipelineRun(undefined));
    api.put('taskruns', taskRun(ranTask));
    await until(() => mark('taskruns', TASK) === 'uid-compile');
    expect(sent()).not.toContain('pod scheduling');
  });

  test('a TaskRun whose Pod was deleted at its end shows what its Pod waited for, and waits for nothing', async () => {
    await start();
    api.put('pipelineruns', pipelineRun(undefined));
    api.put('taskruns', taskRun({ startTime: at(1) }, { annotations: {} }));
    await until(() => api.patches.some(({ name }) => name === TASK));
    api.put('pods', pod('compile-pod', 'Running'));
    api.delete('pods', 'compile-pod');
    api.put('taskruns', taskRun({ ...ranTask, conditions: [condition('False', 'TaskRunCancelled')] }));
    await until(() => mark('taskruns', TASK) === 'uid-compile');
    expect(sent()).toEqual(expect.arrayContaining(['pod scheduling', 'pod starting', 'task compile']));
  });

  test('what is known early leaves early, and once', async () => {
    await start();
    api.put('pipelineruns', pipelineRun({ startTime: at(1), conditions: [condition('Unknown', 'Running')] }));
    await until(() => sent().includes('queued'));
    api.put('pipelineruns', pipelineRun(ranRun));
    await until(() => mark('pipelineruns', RUN) !== undefined);
    expect(sent()).toEqual(['queued', 'RUN build']);
  });

  test('a collector that is away gets everything when it is back, and is warned of once', async () => {
    let tries = 0;
    refusal = () => (++tries < 4 ? new ExportError('connect ECONNREFUSED', { retryable: true }) : undefined);
    await start();
    api.put('pods', pod());
    api.put('pipelineruns', pipelineRun(ranRun));
    api.put('taskruns', taskRun(ranTask));
    await until(() => mark('pipelineruns', RUN) !== undefined);
    expect(sent().filter((name) => name === 'RUN build')).toHaveLength(1);
    expect(lines.filter((line) => line.includes('warn'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('again  collector'))).toHaveLength(1);
  });

  test('a crash between export and mark repeats identical spans, and then marks', async () => {
    let crashed: () => void = () => undefined;
    const crash = new Promise<void>((resolve) => (crashed = resolve));
    api.failPatch = () => (crashed(), new Error('the process was killed'));
    api.put('pods', pod());
    api.put('taskruns', taskRun(ranTask));
    api.put('pipelineruns', pipelineRun(undefined));
    const end = await start();
    await crash;
    await end();
    const before = accepted
      .splice(0)
      .flat()
      .filter((span) => span.name !== 'queued');
    expect(before.length).toBeGreaterThan(0);
    api.failPatch = undefined;
    await start();
    await until(() => mark('taskruns', TASK) === 'uid-compile');
    const repeated = accepted.flat().slice(0, 7);
    expect(content(repeated)).toEqual(content(before.slice(0, 7)));
  });

  test('a run that is marked is never sent again', async () => {
    api.put('pipelineruns', pipelineRun(ranRun, { annotations: { [OWN]: carrier(), [EXPORTED]: 'uid-run' } }));
    api.put('pipelineruns', pipelineRun(ranRun, { name: 'later', uid: 'uid-later' }));
    await start();
    await until(() => mark('pipelineruns', 'later') !== undefined);
    expect(sent().filter((name) => name === 'RUN build')).toHaveLength(1);
  });
});

test('a run that is deleted before its end leaves as a cancellation', async () => {
  await start();
  api.put('pipelineruns', pipelineRun({ startTime: at(1), conditions: [condition('Unknown', 'Running')] }));
  api.put(
    'taskruns',
    taskRun({ ...ranTask, completionTime: undefined, conditions: [condition('Unknown', 'Running')] }),
  );
  await until(() => sent().includes('queued'));
  api.delete('pipelineruns', RUN);
  api.delete('taskruns', TASK);
  await until(() => sent().includes('RUN build'));
  const named = (name: string) => accepted.flat().find((span) => span.name === name);
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
    await start({ keepFailures });
    api.put('pods', pod());
    api.put('taskruns', taskRun(ranTask, { annotations: child }));
    api.put('pipelineruns', pipelineRun(status, { annotations: off }));
    api.put('pipelineruns', pipelineRun(ranRun, { name: 'later', uid: 'uid-later', generateName: 'later-' }));
  }

  test('that fails is sent whole at its end', async () => {
    await runs(failed, true);
    await until(() => mark('pipelineruns', RUN) === 'uid-run');
    expect(sent()).toEqual(expect.arrayContaining(['task compile', 'step make', 'RUN build']));
  });

  test.each([
    ['succeeds', ranRun, true],
    ['fails while --keep-failures is off', failed, false],
  ])('that %s sends nothing', async (_what, status, keepFailures) => {
    await runs(status, keepFailures);
    await until(() => mark('pipelineruns', 'later') !== undefined);
    await stops.pop()?.();
    expect(new Set(accepted.flat().map((span) => span.name))).toEqual(new Set(['queued', 'RUN later']));
  });
});
