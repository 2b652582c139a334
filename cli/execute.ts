import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../shared/kubernetes/client.ts';
import { MERGE_PATCH, PIPELINE_RUNS, resourcePath, TASK_RUNS } from '../shared/kubernetes/resources.ts';
import type { TracesData } from '../shared/otlp/types.ts';
import { locateSpans } from '../shared/otlp/spans.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { isSuccessful, succeededCondition } from '../shared/tekton/conditions.ts';
import { runSpan } from '../shared/tracing/run-context.ts';
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
  /** As the API server stored it. */
  run: Run;
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

/** Shows a created run's steps as they go, waits for its end and its trace. */
export async function execute(options: ExecuteOptions): Promise<ExecutedRun> {
  const { client, run: created, terminal, log, signal, timeoutMs } = options;
  const ending = new AbortController();
  const stop = AbortSignal.any([signal, ending.signal]);
  terminal.print(`${terminal.bold(`${created.kind} ${created.metadata.namespace}/${created.metadata.name}`)}\n`);
  const followed = followRun({
    client,
    run: created,
    onLine: ({ task, step, text }) => terminal.logLine(task, step, text),
    onEnd: (task, step) => terminal.logEnd(task, step),
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
