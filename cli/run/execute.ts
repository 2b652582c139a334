import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { formatDuration } from '../../shared/tekton/duration.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { aborted, Interrupted } from '../../shared/runtime/shutdown.ts';
import type { Interrupts } from '../../shared/runtime/shutdown.ts';
import { cancelRun, isPending, signalName, startCommand } from '../follow/cancel.ts';
import { followRun } from '../follow/follow-run.ts';
import type { FollowedRun, Run } from '../follow/follow-run.ts';
import { LastLines } from '../follow/last-lines.ts';
import { readEnd, showEnd } from '../follow/show-end.ts';
import type { RunEnd } from '../follow/show-end.ts';
import { showTrace } from '../text/show-trace.ts';
import { plainView, treeView } from '../live/view.ts';
import { readTrace, TRACE_WAIT_MS, traceSoFar } from './read-trace.ts';
import type { Terminal } from '../text/terminal.ts';
import type { TraceSource } from '../traces/trace-source.ts';

/** How long to wait for the cancel request when everything must end at once. */
const LAST_REQUEST_MS = 1000;

export interface ExecuteOptions {
  client: KubeClient;
  /** As the API server stored it. */
  run: Run;
  traces: TraceSource | undefined;
  /** What kubectl needs to reach the cluster, for commands that are shown. */
  kubeconfigFile?: string;
  /** Whether the cluster goes on after the command. */
  isKept: boolean;
  timeoutMs?: number;
  /** Draw the steps, however many tasks there are. */
  isFull: boolean;
  /** Print every line of the steps, also at a terminal. */
  isPlain: boolean;
  terminal: Terminal;
  log: Logger;
  /** The first cancels the run, the second ends everything at once. The caller may pass the same signal for both. */
  interrupts: Interrupts;
}

export interface ExecutedRun {
  /** The run's last state. It is not done if everything was ended at once. */
  run: Run;
  /** The trace. If it is incomplete, a warning was logged. */
  trace: TracesData | undefined;
}

/** Prints once that a run is pending and which command starts it, and once that it was started. */
function pendingTeller({ terminal, kubeconfigFile }: ExecuteOptions): (run: Run) => void {
  let printed = false;
  return (run) => {
    if (printed === isPending(run)) return;
    printed = !printed;
    const since = run.metadata.creationTimestamp ?? '';
    if (printed)
      terminal.print(
        `  pending since ${since} (spec.status: ${run.spec.status}): nothing runs until somebody starts it:\n  ${startCommand(run, kubeconfigFile)}\n`,
      );
    // Another status cancels the run: the end of the run reports it.
    else if (!run.spec.status) terminal.print('  started\n');
  };
}

interface Cancelling {
  /** Who cancelled the run: `Ctrl-C`, `--timeout 5s`. */
  by: string | undefined;
  /** Resolves when the API server has answered the cancel request; at once if there was none. */
  asked: Promise<void>;
  stop: () => void;
}

/** Cancels the run on the first interrupt, or after `timeoutMs`. A failed cancel request rejects `ending`. */
function cancelOnInterrupt(options: ExecuteOptions, ending: AbortController): Cancelling {
  const { client, run, terminal, timeoutMs, interrupts } = options;
  const { first, second } = interrupts;
  const what = run.kind === 'PipelineRun' ? 'its finally tasks still run' : 'its steps are stopped';
  function ask(by: string, again: string): void {
    cancelling.by ??= by;
    terminal.print(
      terminal.red(`\n${by}: cancelling ${run.kind} ${run.metadata.name}; ${what}\n  ${again} ends at once\n`),
    );
    cancelling.asked = cancelRun(client, run).catch((error: unknown) => ending.abort(error));
  }
  const onFirst = (): void => {
    const name = signalName((first.reason as Interrupted).signal);
    // If one signal ends everything, there is no cancellation to wait for.
    if (!second.aborted) ask(name, `a second ${name}`);
  };
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => ask(`--timeout ${formatDuration(timeoutMs)}`, 'Ctrl-C twice'), timeoutMs);
  const cancelling: Cancelling = {
    by: undefined,
    asked: Promise.resolve(),
    stop: () => {
      clearTimeout(timer);
      first.removeEventListener('abort', onFirst);
    },
  };
  if (first.aborted) onFirst();
  else first.addEventListener('abort', onFirst, { once: true });
  return cancelling;
}

/** The run when its trace was exported, or its last state when the wait ends. A first interrupt ends the wait. */
async function whenExported(followed: FollowedRun, run: Run, { terminal, interrupts }: ExecuteOptions): Promise<Run> {
  const { first, second } = interrupts;
  const stop = new AbortController();
  const impatient = first.aborted ? second : first;
  const interrupted = aborted(AbortSignal.any([impatient, stop.signal])).then(() => {
    if (stop.signal.aborted) return;
    terminal.print(`\n${signalName((impatient.reason as Interrupted).signal)}: not waiting for the trace any longer`);
  });
  try {
    const late = delay(TRACE_WAIT_MS, run, { signal: stop.signal });
    return await Promise.race([followed.exported, interrupted.then(() => run), late]);
  } catch (error) {
    // The run was deleted meanwhile; its trace is exported all the same.
    if (second.aborted) throw error;
    return run;
  } finally {
    stop.abort();
  }
}

/**
 * Follows a created run: prints its steps' logs, waits for its end and its trace, draws the trace and says how the run ended. The first interrupt
 * cancels the run, and following goes on; the second ends it with what is there. Throws when following is impossible.
 */
export async function execute(options: ExecuteOptions): Promise<ExecutedRun> {
  const { client, run: created, terminal, log, interrupts } = options;
  const { first, second } = interrupts;
  const ending = new AbortController();
  const stop = AbortSignal.any([second, ending.signal]);
  const lastLines = new LastLines();
  const tellPending = pendingTeller(options);
  let current = created;
  let end: RunEnd | undefined;
  terminal.print(`${terminal.bold(`${created.kind} ${created.metadata.namespace}/${created.metadata.name}`)}\n`);
  const { live } = terminal;
  const view = live && !options.isPlain ? treeView(created, terminal, live) : plainView(terminal);
  const followed = followRun({
    client,
    run: created,
    onLine: (line) => {
      lastLines.add(line);
      return view.line(line);
    },
    onRest: (rest) => view.rest(rest),
    onEnd: (pod, task, step) => view.end(pod, task, step),
    onPod: (pod) => view.podChanged(pod),
    onChange: (run) => {
      current = run;
      view.runChanged(run);
      tellPending(run);
    },
    onLogError: (step, error) => log.warn('reading the log of a step failed', { step, error }),
    log,
    signal: stop,
  });
  const cancelling = cancelOnInterrupt(options, ending);
  try {
    current = await followed.done.finally(() => view.close());
    cancelling.stop();
    const logs = { kubeconfigFile: options.kubeconfigFile, isKept: options.isKept };
    end = await readEnd(current, {
      ...{ client, terminal, lastLines, cancelledBy: cancelling.by, logs, signal: stop },
    });
    current = await whenExported(followed, current, options);
    const trace = await readTrace(options, current, first.aborted ? second : first);
    showEnd(end, trace && showTrace(trace, current, options), terminal);
    return { run: current, trace };
  } catch (error) {
    if (!second.aborted) throw error;
    if (first !== second && !end)
      terminal.print(terminal.red(`\n${signalName((second.reason as Interrupted).signal)}: ended before the run was`));
    const [trace] = await Promise.all([
      traceSoFar(options, current),
      Promise.race([cancelling.asked, delay(LAST_REQUEST_MS)]),
    ]);
    const summary = trace && showTrace(trace, current, options);
    if (end) showEnd(end, summary, terminal);
    else if (summary) terminal.summary(summary);
    return { run: current, trace };
  } finally {
    cancelling.stop();
    ending.abort(new Error('done'));
  }
}
