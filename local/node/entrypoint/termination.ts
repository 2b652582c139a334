import fs from 'node:fs';
import zlib from 'node:zlib';

import { writeFileNamed } from './write.ts';

/** Upstream's result types: 1 TaskRun result, 3 internal, 4 step result, 5 step artifacts, 6 task artifacts. */
export type ResultType = 1 | 3 | 4 | 5 | 6;

export interface RunResult {
  key: string;
  value: string;
  type: ResultType;
}

export const MAX_MESSAGE_BYTES = 4096;
const COMPRESSED = 'tknz:';

export class MessageLengthError extends Error {
  constructor() {
    super(`Termination message is above max allowed size ${MAX_MESSAGE_BYTES}, caused by large task result.`);
  }
}

/** The entries of a termination message, plain or compressed. Throws for anything that isn't one. */
export function decodeMessage(text: string): RunResult[] {
  if (text.trim() === '') return [];
  const json = text.startsWith(COMPRESSED)
    ? zlib.inflateRawSync(Buffer.from(text.slice(COMPRESSED.length), 'base64')).toString()
    : text;
  return JSON.parse(json) as RunResult[];
}

/** As in upstream's parser: one entry per key, the last one counts, sorted by key. */
function merge(entries: RunResult[]): RunResult[] {
  const byKey = new Map(entries.map((entry) => [`${entry.type}/${entry.key}`, entry]));
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Adds entries to the termination message in `file`. Throws MessageLengthError, leaving the file as it was, past 4096 bytes. */
export function addToMessage(file: string, entries: RunResult[], compress: boolean): void {
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  const json = JSON.stringify(merge([...decodeMessage(before), ...entries]));
  const message = compress
    ? COMPRESSED + zlib.deflateRawSync(json, { level: 9 }).toString('base64').replace(/=+$/, '')
    : json;
  if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) throw new MessageLengthError();
  writeFileNamed(file, message);
}

/** Upstream's StartedAt: RFC 3339 with milliseconds. */
export function startedAt(now: Date): RunResult {
  return { key: 'StartedAt', value: now.toISOString(), type: 3 };
}
