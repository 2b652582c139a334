import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';

import { CommandError, reasonOf } from '../errors.ts';
import { readStandardInput, STANDARD_INPUT } from '../process/standard-input.ts';

/** More than any file of objects needs (the API server's limit is 3 MiB per request). It stops endless devices and pipes. */
const MAX_BYTES = 16 * 1024 * 1024;

/** A file's name in messages. */
export const shownName = (file: string): string => (file === STANDARD_INPUT ? 'standard input' : file);

async function readBytes(file: string): Promise<Buffer> {
  if (file === STANDARD_INPUT) return readStandardInput(MAX_BYTES);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BYTES)
      throw new CommandError(`${file}: is larger than ${MAX_BYTES / 1024 / 1024} MiB: split it`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Windows editors and shells write UTF-16 with a byte order mark; kubectl reads that, too. */
function encodingOf(bytes: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
}

/** The line (from 1) with the first invalid UTF-8 byte. */
function badLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const next = end === -1 ? bytes.length : end + 1;
    if (!isUtf8(bytes.subarray(start, next))) return line;
    start = next;
  }
  return line;
}

/**
 * The text of a file, pipe or standard input (`-`), without a byte order mark. Throws CommandError if it can't be read, is larger than
 * 16 MiB, or is not text.
 */
export async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file).catch((error: unknown) => {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${shownName(file)}: ${reasonOf(error)}`);
  });
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    throw new CommandError(`${shownName(file)}:${badLine(bytes)}: is not UTF-8 text`);
  }
}
