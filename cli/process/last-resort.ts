import { logged } from './error-log.ts';
import { sentence } from '../errors.ts';
import { showsStacks } from '../options/log-options.ts';

/** EX_SOFTWARE of sysexits.h: the fault is the program's own, not the run's (1) or the input's (2). */
const INTERNAL_ERROR = 70;

/** Longest time of the cleanup, in milliseconds. */
const REMOVAL_MS = 10_000;

type Cleanup = () => Promise<void>;

const cleanups = new Set<Cleanup>();

/** Registers `cleanup` for the end by an uncaught error. Returns the function that unregisters it. */
export function cleanUpAtLast(cleanup: Cleanup): () => void {
  cleanups.add(cleanup);
  return () => void cleanups.delete(cleanup);
}

function print(text: string): void {
  process.stderr.write(`tektrace: ${text}\n`);
}

/**
 * From now on an uncaught error (an event `error` without a listener, an unhandled rejection) runs the cleanups, then ends the process with a
 * sentence and exit code 70. The stack is printed only if it was asked for.
 */
export function endOnUncaughtErrors(): void {
  let isEnding = false;
  process.on('uncaughtException', (error: unknown) => {
    const stack = showsStacks() && error instanceof Error ? `\n${error.stack}` : '';
    // A second error during the cleanup must not stop it.
    if (isEnding) {
      if (stack !== '') print(`during the cleanup: ${stack}`);
      return;
    }
    isEnding = true;
    if (!logged('ended by an unexpected error', error)) {
      print(`ended by an unexpected error: ${sentence(error)}${stack}`);
      if (stack === '') print('TEKTRACE_DEBUG=1 prints the stack, which a bug report needs');
    }
    setTimeout(() => process.exit(INTERNAL_ERROR), REMOVAL_MS);
    void Promise.allSettled([...cleanups].map(async (cleanup) => cleanup())).then((removed) => {
      for (const one of removed)
        if (one.status === 'rejected') print(`could not remove everything: ${sentence(one.reason)}`);
      process.exit(INTERNAL_ERROR);
    });
  });
}
