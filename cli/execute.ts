import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../shared/kubernetes/client.ts';
import type { TracesData } from '../shared/otlp/types.ts';
import { formatDuration } from '../shared/tekton/duration.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { aborted, Interrupted } from '../shared/runtime/shutdown.ts';
import type { Interrupts } from '../shared/runtime/shutdown.ts';
import { cancelRun, isPending, signalName, startCommand } from './follow/cancel.ts';
import { followRun } from './follow/follow-run.ts';
import type { FollowedRun, Run } from './follow/follow-run.ts';
import { LastLines } from './follow/last-lines.ts';
import { showEnd } from './follow/show-end.ts';
import { readTrace, TRACE_WAIT_MS, traceSoFar } from './read-trace.ts';
import type { Terminal } from './terminal.ts';
import type { TraceSource } from './trace-source.ts';

/** How long the request to cancel is waited for when everything is to end at once. */
const LAST_REQUEST_MS = 1000;

export interface ExecuteOptions {
  client: KubeClient;
  /** As the API server stored it. */
  run: Run;
  traces: TraceSource | undefined;
  /** What kubectl needs to reach the cluster, for commands that are shown. */
  kubeconfigFile?: string;
  timeoutMs?: number;
  terminal: Terminal;
  log: Logger;
  /** The first asks the run to cancel, the second ends everything at once; where they are the same one, the caller says so. */
  interrupts: Interrupts;
}

export interface ExecutedRun {
  /** As it was at last; not done where everything was ended at once. */
  run: Run;
  /** What there is of it; whole, unless a warning said that it is not. */
  trace: TracesData | undefined;
}

/** Says once that a run is pending and what starts it, and once that somebody did. */
function pendingTeller({ terminal, kubeconfigFile }: ExecuteOptions): (run: Run) => void {
  let told = false;
  return (run) => {
    if (told === isPending(run)) return;
    told = !told;
    const since = run.metadata.creationTimestamp ?? '';
    if (told)
      terminal.print(
        `  pending since ${since} (spec.status: ${run.spec.status}): nothing runs until somebody starts it:\n  ${startCommand(run, kubeconfigFile)}\n`,
      );
    // Another status cancels it: that has its own end.
    else if (!run.spec.status) terminal.print('  started\n');
  };
}

interface Cancelling {
  /** What asked for it: `Ctrl-C`, `--timeout 5s`. */
  by: string | undefined;
  /** Resolves when the API server has heard of it; at once when nothing was asked. */
  asked: Promise<void>;
  stop: () => void;
}

/** Asks the run to cancel on the first interrupt, and when `timeoutMs` are over. What can't be asked for fails `ending`. */
function cancelOnInterrupt(options: ExecuteOptions, ending: AbortController): Cancelling {
  const { client, run, terminal, timeoutMs, interrupts } = options;
  const { first, second } = interrupts;
  const what = run.kind === 'PipelineRun' ? 'its finally tasks, if any, still run' : 'its steps are stopped';
  function ask(by: string, again: string): void {
    cancelling.by ??= by;
    terminal.print(
      terminal.red(`\n${by}: cancelling ${run.kind} ${run.metadata.name}, ${what}; ${again} ends at once\n`),
    );
    cancelling.asked = cancelRun(client, run).catch((error: unknown) => ending.abort(error));
  }
  const onFirst = (): void => {
    const name = signalName((first.reason as Interrupted).signal);
    // Where one signal ends everything there is nothing to wait for.
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

/** The run once its trace has left, or as it is when that is waited for no longer. A first interrupt that comes only now ends the wait. */
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
    // Somebody deleted the run meanwhile: its trace comes all the same.
    if (second.aborted) throw error;
    return run;
  } finally {
    stop.abort();
  }
}

/**
 * Shows a created run's steps as they go, waits for its end and its trace. The first interrupt asks the run to cancel, and all goes on as before; the
 * second ends the wait with what is there. Throws what makes following impossible.
 */
export async function execute(options: ExecuteOptions): Promise<ExecutedRun> {
  const { client, run: created, terminal, log, interrupts } = options;
  const { first, second } = interrupts;
  const ending = new AbortController();
  const stop = AbortSignal.any([second, ending.signal]);
  const lastLines = new LastLines();
  const tellPending = pendingTeller(options);
  let current = created;
  terminal.print(`${terminal.bold(`${created.kind} ${created.metadata.namespace}/${created.metadata.name}`)}\n`);
  const followed = followRun({
    client,
    run: created,
    onLine: (line) => {
      lastLines.add(line);
      return terminal.logLine(line.task, line.step, line.text);
    },
    onEnd: (task, step) => terminal.logEnd(task, step),
    onChange: (run) => {
      current = run;
      tellPending(run);
    },
    onLogError: (step, error) => log.warn('reading the log of a step failed', { step, error }),
    log,
    signal: stop,
  });
  const cancelling = cancelOnInterrupt(options, ending);
  try {
    current = await followed.done;
    cancelling.stop();
    await showEnd(current, { client, terminal, lastLines, cancelledBy: cancelling.by, signal: stop });
    current = await whenExported(followed, current, options);
    return { run: current, trace: await readTrace(options, current, first.aborted ? second : first) };
  } catch (error) {
    if (!second.aborted) throw error;
    if (first !== second)
      terminal.print(terminal.red(`\n${signalName((second.reason as Interrupted).signal)}: ended before the run was`));
    const [trace] = await Promise.all([
      traceSoFar(options, current),
      Promise.race([cancelling.asked, delay(LAST_REQUEST_MS)]),
    ]);
    return { run: current, trace };
  } finally {
    cancelling.stop();
    ending.abort(new Error('done'));
  }
}
