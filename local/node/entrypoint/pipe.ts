import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

export interface Pipe {
  /** What comes out of it; ends with the last process that holds a write end. */
  reader: Readable;
  /** Write ends, each opened on its own: what a program does to the flags of one leaves the others as they are. They block. */
  writers: number[];
  /** Closes our copies of the write ends. */
  release(): void;
}

const { O_RDONLY, O_NONBLOCK, O_WRONLY } = fs.constants;

/**
 * Makes a pipe for the output of a child process. Not Node's own kind: that is a socket, and `>/dev/stderr` fails on a socket. Its
 * place in `directory` is free again at once; it can be written to by every user, as `su` in a step may open /dev/stdout anew.
 * `mkfifo` is the tool's path.
 */
export async function openPipe(directory: string, writers: number, mkfifo: string): Promise<Pipe> {
  const place = fs.mkdtempSync(path.join(directory, 'pipe-'));
  const descriptors: number[] = [];
  const release = (): void => descriptors.splice(0).forEach((fd) => fs.closeSync(fd));
  try {
    const file = path.join(place, 'output');
    await promisify(execFile)(mkfifo, ['-m', '0666', file], { env: {} });
    const fd = fs.openSync(file, O_RDONLY | O_NONBLOCK);
    const reader = new net.Socket({ fd, readable: true, writable: false });
    try {
      for (let i = 0; i < writers; i++) descriptors.push(fs.openSync(file, O_WRONLY));
    } catch (error) {
      reader.destroy();
      throw error;
    }
    return { reader, writers: [...descriptors], release };
  } catch (error) {
    release();
    throw error;
  } finally {
    fs.rmSync(place, { recursive: true, force: true });
  }
}
