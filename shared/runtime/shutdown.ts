import { constants } from 'node:os';

/** One Ctrl-C may reach a process several times: from the terminal, and from the launcher that hands it on. What comes this soon is the same one. */
const SAME_SIGNAL_MS = 200;

const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type EndSignal = (typeof END_SIGNALS)[number] | 'SIGPIPE';

/** Why a command is to end: a signal, or (SIGPIPE) that the reader of its standard output is gone. */
export class Interrupted extends Error {
  readonly signal: EndSignal;
  /** What a shell shows for a process that the signal ended. */
  readonly exitCode: number;

  constructor(signal: EndSignal) {
    super(signal);
    this.name = 'Interrupted';
    this.signal = signal;
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** Both abort with an `Interrupted`. */
export interface Interrupts {
  /** A person asked once: what runs may end in its own time. */
  first: AbortSignal;
  /** Asked again, or nobody reads any more: everything is to end now. */
  second: AbortSignal;
}

/**
 * Listens for SIGINT, SIGTERM and SIGHUP from now on, and for the reader of standard output going away. A third signal ends the process on the spot.
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

/** Aborts with an `Interrupted` on the first signal; another one ends the process at once, as a person at a terminal expects. */
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
