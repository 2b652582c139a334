import { inflateRawSync } from 'node:zlib';

/** An entry of the entrypoint's report about its step. */
export interface RunResult {
  key: string;
  value: string;
  type: 'TaskRunResult' | 'InternalTektonResult' | 'other';
}

const COMPRESSED_PREFIX = 'tknz:';
const MAX_MESSAGE_BYTES = 1024 * 1024;
const TYPES = new Map<unknown, RunResult['type']>([
  [1, 'TaskRunResult'],
  ['TaskRunResult', 'TaskRunResult'],
  [3, 'InternalTektonResult'],
  ['InternalTektonResult', 'InternalTektonResult'],
]);

function decompressed(message: string): string {
  if (!message.startsWith(COMPRESSED_PREFIX)) return message;
  const bytes = Buffer.from(message.slice(COMPRESSED_PREFIX.length), 'base64');
  return inflateRawSync(bytes, { maxOutputLength: MAX_MESSAGE_BYTES }).toString('utf8');
}

function toRunResult(entry: unknown): RunResult | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { key, value, type } = entry as Record<string, unknown>;
  if (typeof key !== 'string' || typeof value !== 'string') return undefined;
  return { key, value, type: TYPES.get(type) ?? 'other' };
}

/** The entries of a termination message, the last one of each key; undefined if it is not the entrypoint's. */
export function parseTerminationMessage(message: string | undefined): RunResult[] | undefined {
  if (!message) return [];
  let entries: unknown;
  try {
    entries = JSON.parse(decompressed(message));
  } catch {
    return undefined;
  }
  if (!Array.isArray(entries)) return undefined;
  const byKey = new Map(entries.flatMap((entry) => toRunResult(entry) ?? []).map((result) => [result.key, result]));
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The value of an internal entry: `StartedAt`, `ExitCode` or `Reason`. */
export function internalValue(results: readonly RunResult[], key: string): string | undefined {
  return results.find((result) => result.type === 'InternalTektonResult' && result.key === key)?.value;
}

/** When the entrypoint started its step's command, in milliseconds (RFC 3339); undefined when the message does not say so. */
export function stepStartedAt(message: string | undefined): string | undefined {
  const startedAt = internalValue(parseTerminationMessage(message) ?? [], 'StartedAt');
  return startedAt === undefined || Number.isNaN(Date.parse(startedAt)) ? undefined : startedAt;
}
