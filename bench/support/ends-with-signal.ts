import { aborted, Interrupted, shutdownSignal } from '../../shared/runtime/shutdown.ts';

/** Resolves or rejects with `work`, or rejects with the signal's reason if that aborts before. `work` goes on; who started it stops it. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const ended = aborted(signal).then((): never => {
    throw signal.reason;
  });
  return Promise.race([ended, work]);
}

/**
 * Executes a benchmark, and sets the process' exit code. On SIGINT, SIGTERM or SIGHUP `bench` has to stop what it started, and to reject; then one line
 * says so. A second signal ends the process at once.
 * @param bench resolves to the exit code
 */
export async function endsWithSignal(bench: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const signal = shutdownSignal();
  try {
    process.exitCode = await bench(signal);
  } catch (error) {
    const { reason } = signal as { reason: unknown };
    if (!(reason instanceof Interrupted)) throw error;
    console.error(`${reason.signal}: ended before everything was measured`);
    process.exitCode = reason.exitCode;
  }
}
