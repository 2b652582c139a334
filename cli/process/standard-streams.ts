import { constants } from 'node:os';

/**
 * A full disk or a closed reader ends no command: the first gives one line on standard error, the second an interrupt of the command. Errors of
 * standard error itself are ignored, because they can't be reported anywhere.
 */
export function surviveOutputErrors(): void {
  let reported = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || reported) return;
    reported = true;
    process.stderr.write(`tektrace: can't write to standard output, some of it is lost: ${error.message}\n`);
  });
  process.stderr.on('error', () => undefined);
}

const ENDS_OF_WAIT = ['drain', 'error', 'close'] as const;

/** Resolves when the stream has room again, or can't be written any more. Undefined if it has room now. */
export function drained(stream: NodeJS.WriteStream): Promise<void> | undefined {
  if (!stream.writableNeedDrain) return undefined;
  return new Promise((resolve) => {
    const over = (): void => {
      for (const event of ENDS_OF_WAIT) stream.removeListener(event, over);
      resolve();
    };
    for (const event of ENDS_OF_WAIT) stream.on(event, over);
  });
}

/** Resolves when everything written to a pipe was read, or can't be read any more. From here on a signal ends the process. */
export async function flushStandardStreams(): Promise<void> {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => process.exit(128 + constants.signals[name]));
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) => new Promise<void>((resolve) => void stream.write('', () => resolve())),
    ),
  );
}
