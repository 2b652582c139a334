import { readFile, stat } from 'node:fs/promises';

import { decodeTracesJson } from '../shared/otlp/decode-json.ts';
import { splitTraces } from '../shared/otlp/split-traces.ts';
import type { TracesData } from '../shared/otlp/types.ts';
import { CommandError, reasonOf } from './errors.ts';

const MAX_BYTES = 512 * 1024 * 1024;

/** Whether there is something of this name that can be read as a file. */
export async function isFile(name: string): Promise<boolean> {
  const found = await stat(name).catch(() => undefined);
  return found !== undefined && !found.isDirectory();
}

/**
 * The traces of an OTLP JSON file, as `--trace-out` and the page's download write it, by trace id. Throws CommandError (exit 2) for a file that
 * can't be read, is none of these, or has no span.
 */
export async function readTracesFile(file: string): Promise<Map<string, TracesData>> {
  let body: Buffer;
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES / 1024 / 1024} MiB`);
    body = await readFile(file);
  } catch (error) {
    throw new CommandError(`${file}: ${reasonOf(error)}`);
  }
  let traces: Map<string, TracesData>;
  try {
    traces = splitTraces(decodeTracesJson(body));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${file}: is not a trace in OTLP JSON, as --trace-out writes it: ${reason}`);
  }
  if (traces.size === 0) throw new CommandError(`${file}: has no span`);
  return traces;
}
