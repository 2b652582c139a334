import type { Logger } from '../../shared/runtime/log.ts';

let log: Logger | undefined;

/** From now on errors that end the process are lines of `logger`, not sentences for a person. */
export function reportErrorsTo(logger: Logger): void {
  log = logger;
}

/** Logs the error with its stack, if there is a log. Returns whether there is. */
export function logged(message: string, error: unknown): boolean {
  log?.error(message, { error });
  return log !== undefined;
}
