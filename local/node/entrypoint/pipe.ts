import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

/** A stream of output. A chunk is valid until the next one is requested. */
export interface OutputReader extends AsyncIterable<Buffer> {
  /** Stops reading; writers get SIGPIPE. */
  destroy(error?: Error): unknown;
}

export interface Pipe {
  /** The read end; it ends when the last process closes its write end. */
  reader: OutputReader;
  /** Write ends, opened separately, so that a program's changes to the flags of one do not affect the others. They block. */
  writers: number[];
  /** Closes our copies of the write ends. */
  release(): void;
}

const BUFFER_BYTES = 64 * 1024;

/**
 * Reads a pipe, whose descriptor does not block, into the same memory again and again: with a new buffer for each read, a fast writer would
 * leave tens of megabytes for the garbage collector. Nothing is read ahead.
 */
function read(fd: number): OutputReader {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  let filled = 0;
  let over = false;
  let wake = (): void => undefined;
  const callback = (bytes: number): boolean => {
    filled = bytes;
    wake();
    return false; // Pause until this chunk is taken.
  };
  const socket = new net.Socket({ fd, readable: true, writable: false, onread: { buffer, callback } });
  socket.on('close', () => {
    over = true;
    wake();
  });
  socket.on('error', () => undefined); // Kept by the socket.
  return {
    destroy: (error) => socket.destroy(error),
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          if (filled === 0 && !over) {
            const next = new Promise<void>((resolve) => (wake = resolve));
            socket.resume();
            await next;
          }
          if (filled === 0) break;
          yield buffer.subarray(0, filled);
          filled = 0;
        }
        if (socket.errored) throw socket.errored;
      } finally {
        socket.destroy();
      }
    },
  };
}

const { O_RDONLY, O_NONBLOCK, O_WRONLY } = fs.constants;

/**
 * Makes a pipe for the output of a child process. Node's own pipes are sockets, on which `>/dev/stderr` fails. Its file in `directory` is
 * removed at once. All users may write to it, because `su` in a step may reopen /dev/stdout. `mkfifo` is the tool's path.
 */
export async function openPipe(directory: string, writers: number, mkfifo: string): Promise<Pipe> {
  const place = fs.mkdtempSync(path.join(directory, 'pipe-'));
  const descriptors: number[] = [];
  const release = (): void => descriptors.splice(0).forEach((fd) => fs.closeSync(fd));
  try {
    const file = path.join(place, 'output');
    await promisify(execFile)(mkfifo, ['-m', '0666', file], { env: {} });
    const fd = fs.openSync(file, O_RDONLY | O_NONBLOCK);
    const reader = read(fd);
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
