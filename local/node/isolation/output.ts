import { openPipe } from '../entrypoint/pipe.ts';
import type { Pipe } from '../entrypoint/pipe.ts';
import { requireTool } from './tools.ts';

/**
 * The pipe that is both standard output and standard error of a container, so that what it writes is read in the order in which it was
 * written, as on a terminal; two pipes can't say which of them was written to first.
 */
export function openOutput(directory: string): Promise<Pipe> {
  return openPipe(directory, 2, requireTool('mkfifo'));
}
