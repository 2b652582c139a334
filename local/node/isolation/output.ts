import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

import { requireTool } from './tools.ts';

export interface Output {
  stdout: Readable;
  stderr: Readable;
  /** What the container's process gets as its descriptors 1 and 2. */
  descriptors: [number, number];
  /** Closes our copy of the descriptors, so that the streams end with the last process that holds them. */
  release(): void;
}

function reader(file: string): Readable {
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  return new net.Socket({ fd, readable: true, writable: false });
}

/**
 * Two named pipes for a container's output. Not Node's own pipes: those are sockets, and a script's `>/dev/stderr` fails on a socket.
 */
export async function openOutput(directory: string): Promise<Output> {
  const files = [path.join(directory, 'stdout.pipe'), path.join(directory, 'stderr.pipe')] as const;
  for (const file of files) fs.rmSync(file, { force: true });
  await promisify(execFile)(requireTool('mkfifo'), ['-m', '0666', ...files], { env: {} });
  const [stdout, stderr] = [reader(files[0]), reader(files[1])];
  const descriptors: [number, number] = [fs.openSync(files[0], 'w'), fs.openSync(files[1], 'w')];
  return { stdout, stderr, descriptors, release: () => descriptors.forEach((fd) => fs.closeSync(fd)) };
}
