import fs from 'node:fs';
import { promisify } from 'node:util';

const RETRY_MS = 5;
const pause = new Int32Array(new SharedArrayBuffer(4));

const isFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EAGAIN';

/**
 * Writes all data, and waits for the reader. It does not use `process.stdout`: Node makes that non-blocking, also for all other processes
 * with the same pipe, whose writes would fail. A program in the container may have done the same. Throws the error of the write.
 */
export function writeAllSync(fd: number, data: Buffer): void {
  for (let done = 0; done < data.length;) {
    try {
      done += fs.writeSync(fd, data, done);
    } catch (error) {
      if (!isFull(error)) throw error;
      Atomics.wait(pause, 0, 0, RETRY_MS);
    }
  }
}

const write = promisify(fs.write);

/** As `writeAllSync`, but lets the process do other things meanwhile. */
export async function writeAll(fd: number, data: Buffer): Promise<void> {
  for (let done = 0; done < data.length;) {
    try {
      done += (await write(fd, data, done)).bytesWritten;
    } catch (error) {
      if (!isFull(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** Writes a whole file. Unlike the operating system's, its errors name the file. */
export function writeFileNamed(file: string, data: string, mode?: number): void {
  try {
    fs.writeFileSync(file, data, mode === undefined ? {} : { mode });
  } catch (error) {
    const { message, path } = error as NodeJS.ErrnoException;
    throw new Error(path === undefined ? `${file}: ${message}` : message, { cause: error });
  }
}
