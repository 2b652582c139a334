import { constants } from 'node:os';

/** One Ctrl-C may arrive several times: from the terminal, and from the launcher. Signals within this time count as one. */
const SAME_SIGNAL_MS = 200;

const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type EndSignal = (typeof END_SIGNALS)[number] | 'SIGPIPE';

/** Why a command must end: a signal, or (SIGPIPE) the closed reader of its standard output. */
export class Interrupted extends Error {
  readonly signal: EndSignal;
  /** The exit code that shells use for a process ended by the signal. */
  readonly exitCode: number;

  constructor(signal: EndSignal) {
    super(signal);
    this.name = 'Interrupted';
    this.signal = signal;
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** Two abort signals; their reason is an `Interrupted`. */
export interface Interrupts {
  /** The first interrupt: running work may end orderly. */
  first: AbortSignal;
  /** The second interrupt, or the closed reader: everything must end now. */
  second: AbortSignal;
}

/**
 * Handles SIGINT, SIGTERM, SIGHUP and the closed reader of standard output from now on. A third signal ends the process immediately.
 */
export function interrupts(): Interrupts {
  const first = new AbortController();
  const second = new AbortController();
  let last: { name: string; ms: number } | undefined;
  for (const name of END_SIGNALS) {
    process.on(name, () => {
      const ms = performance.now();
      if (last?.name === name && ms - last.ms < SAME_SIGNAL_MS) return;
      last = { name, ms };
      const reason = new Interrupted(name);
      if (second.signal.aborted) process.exit(reason.exitCode);
      (first.signal.aborted ? second : first).abort(reason);
    });
  }
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') return;
    first.abort(new Interrupted('SIGPIPE'));
    second.abort(new Interrupted('SIGPIPE'));
  });
  return { first: first.signal, second: second.signal };
}

/** Aborts with an `Interrupted` on the first signal. A second signal ends the process at once. */
export function shutdownSignal(): AbortSignal {
  const { first, second } = interrupts();
  second.addEventListener('abort', () => {
    const reason = second.reason as Interrupted;
    if (reason.signal !== 'SIGPIPE') process.exit(reason.exitCode);
  });
  return first;
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
