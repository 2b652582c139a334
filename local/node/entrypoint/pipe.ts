import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

/** Output as it comes. A chunk is valid until the next one is asked for. */
export interface OutputReader extends AsyncIterable<Buffer> {
  /** Ends the reading; whoever writes gets SIGPIPE. */
  destroy(error?: Error): unknown;
}

export interface Pipe {
  /** What comes out of it; ends with the last process that holds a write end. */
  reader: OutputReader;
  /** Write ends, each opened on its own: what a program does to the flags of one leaves the others as they are. They block. */
  writers: number[];
  /** Closes our copies of the write ends. */
  release(): void;
}

const BUFFER_BYTES = 64 * 1024;

/**
 * Reads a pipe, whose descriptor does not block, into the same memory again and again: with a new buffer for each read, a fast writer
 * leaves tens of megabytes behind before they are collected. Nothing is read before it is asked for.
 */
function read(fd: number): OutputReader {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  let filled = 0;
  let over = false;
  let wake = (): void => undefined;
  const callback = (bytes: number): boolean => {
    filled = bytes;
    wake();
    return false; // Not before this has been taken.
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
