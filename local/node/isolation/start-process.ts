import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';

import { TOO_LONG } from '../entrypoint/executable.ts';
import type { Pipe } from '../entrypoint/pipe.ts';
import { StartFailure } from './isolation.ts';

/** Starts a container's first process. Node throws some of the kernel's errors at once: then `output` is closed, and a StartFailure thrown. */
export function startProcess([file = '', ...args]: string[], options: SpawnOptions, output: Pipe): ChildProcess {
  try {
    return spawn(file, args, options);
  } catch (error) {
    output.release();
    output.reader.destroy();
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StartFailure(code === 'E2BIG' ? TOO_LONG : message, { cause: error });
  }
}
