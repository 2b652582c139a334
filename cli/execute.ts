import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../shared/kubernetes/client.ts';
import { MERGE_PATCH, PIPELINE_RUNS, resourcePath, TASK_RUNS } from '../shared/kubernetes/resources.ts';
import type { KubeObject } from '../shared/kubernetes/types.ts';
import type { TracesData } from '../shared/otlp/types.ts';
import { locateSpans } from '../shared/otlp/spans.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { isSuccessful, succeededCondition } from '../shared/tekton/conditions.ts';
import { runSpan } from '../shared/tracing/run-context.ts';
import { CommandError } from './errors.ts';
import { createObject } from './follow/create.ts';
import { followRun } from './follow/follow-run.ts';
import type { Run } from './follow/follow-run.ts';
import type { Terminal } from './terminal.ts';
import type { TraceSource } from './trace-source.ts';
import { printable } from './waterfall/display-width.ts';

/** How long the trace of a finished run is waited for, when its collector is slow. */
const TRACE_WAIT_MS = 15_000;
const POLL_MS = 100;

export interface ExecuteOptions {
  client: KubeClient;
  objects: KubeObject[];
  namespace: string;
  /** Changes the run before it is created (params, workspaces, inbound parent). */
  prepare: (run: Run) => Run | Promise<Run>;
  traces: TraceSource | undefined;
  timeoutMs?: number;
  terminal: Terminal;
  log: Logger;
  signal: AbortSignal;
}

export interface ExecutedRun {
  run: Run;
  trace: TracesData | undefined;
}

const isRun = (object: KubeObject): object is Run =>
  (object.kind === 'PipelineRun' || object.kind === 'TaskRun') && (object.apiVersion ?? '').startsWith('tekton.dev/');

/** Creates the objects in their order and returns the first run among them. Throws CommandError when there is none, or one is not accepted. */
async function createAll({ client, objects, namespace, prepare }: ExecuteOptions): Promise<Run> {
  let first: Run | undefined;
  for (const object of objects) {
    const runnable = isRun(object) && !first ? await prepare(object) : object;
    const created = await createObject(client, runnable, namespace);
    if (isRun(created)) first ??= created;
  }
  if (!first) throw new CommandError('the input holds no PipelineRun or TaskRun to wait for');
  return first;
}

async function cancel(client: KubeClient, run: Run): Promise<void> {
  const { namespace, name } = run.metadata;
  const [resource, status] =
    run.kind === 'PipelineRun' ? [PIPELINE_RUNS, 'Cancelled'] : [TASK_RUNS, 'TaskRunCancelled'];
  await client.request('PATCH', resourcePath(resource, { namespace, name }), {
    body: { spec: { status } },
    contentType: MERGE_PATCH,
  });
}

function describeEnd(run: Run, terminal: Terminal): string {
  const condition = succeededCondition(run);
  const name = `${run.metadata.namespace}/${run.metadata.name}`;
  if (isSuccessful(run)) return terminal.green(`Succeeded  ${name}`);
  // Reason and message may hold what somebody wrote into the run.
  const end = terminal.red(`${printable(condition?.reason ?? 'Failed')}  ${name}`);
  return condition?.message ? `${end}\n  ${printable(condition.message)}` : end;
}

/** Creates what is given, shows the first run's steps as they go, waits for its end and its trace. */
export async function execute(options: ExecuteOptions): Promise<ExecutedRun> {
  const { client, terminal, log, signal, timeoutMs } = options;
  const created = await createAll(options);
  const ending = new AbortController();
  const stop = AbortSignal.any([signal, ending.signal]);
  terminal.print(`${terminal.bold(`${created.kind} ${created.metadata.namespace}/${created.metadata.name}`)}\n`);
  const followed = followRun({
    client,
    run: created,
    onLine: ({ task, step, text }) => terminal.logLine(task, step, text),
    onLogError: (step, error) => log.warn('the log of a step broke off', { step, error }),
    log,
    signal: stop,
  });
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          terminal.print(terminal.red(`--timeout is over: cancelling ${created.metadata.name}`));
          cancel(client, created).catch((error: unknown) => ending.abort(error));
        }, timeoutMs);
  try {
    const run = await followed.done;
    terminal.print(`\n${describeEnd(run, terminal)}`);
    const marked = await Promise.race([followed.exported, delay(TRACE_WAIT_MS, run, { signal: stop, ref: false })]);
    return { run: marked, trace: await readTrace(options, marked) };
  } finally {
    clearTimeout(timer);
    ending.abort(new Error('done'));
  }
}

/** The run's trace, once its root has arrived. */
async function readTrace({ traces, log, signal }: ExecuteOptions, run: Run): Promise<TracesData | undefined> {
  const own = runSpan(run);
  if (!traces || !own) return undefined;
  const deadline = Date.now() + TRACE_WAIT_MS;
  await traces.settled?.();
  for (;;) {
    const trace = await traces.read(own.traceId);
    if (trace && locateSpans(trace).some(({ span }) => span.spanId === own.spanId)) return trace;
    if (Date.now() > deadline || signal.aborted) {
      log.warn('the whole trace has not arrived', { traces: traces.name, traceId: own.traceId });
      return trace;
    }
    await delay(POLL_MS, undefined, { signal });
  }
}
