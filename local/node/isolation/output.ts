import { openPipe } from '../entrypoint/pipe.ts';
import type { Pipe } from '../entrypoint/pipe.ts';
import { requireTool } from './tools.ts';

/**
 * One pipe for a container's standard output and standard error, so that the output is read in the order of the writes, as on a terminal.
 * With two pipes the order is lost.
 */
export function openOutput(directory: string): Promise<Pipe> {
  return openPipe(directory, 2, requireTool('mkfifo'));
}
