/** Ctrl-C reaches a process twice where a launcher hands it on: what comes this soon after the first is the same one. */
const SAME_SIGNAL_MS = 500;

/**
 * Aborts on the first SIGINT, SIGTERM or SIGHUP, and when standard output is closed by its reader; another signal later ends the process at
 * once, as a person at a terminal expects.
 */
export function shutdownSignal(): AbortSignal {
  const controller = new AbortController();
  let firstMs = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted && Date.now() - firstMs > SAME_SIGNAL_MS) process.exit(130);
      if (!controller.signal.aborted) firstMs = Date.now();
      controller.abort(new Error(name));
    });
  }
  process.stdout.on('error', (error) => controller.abort(error));
  return controller.signal;
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
