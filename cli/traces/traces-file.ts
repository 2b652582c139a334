import { readFile, stat } from 'node:fs/promises';

import { decodeTracesJson } from '../../shared/otlp/decode-json.ts';
import { splitTraces } from '../../shared/otlp/split-traces.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { CommandError, reasonOf } from '../errors.ts';
import { readStandardInput, STANDARD_INPUT } from '../process/standard-input.ts';

const MAX_BYTES = 512 * 1024 * 1024;

/** Whether there is something of this name that can be read as a file, or it is standard input (`-`). */
export async function isFile(name: string): Promise<boolean> {
  if (name === STANDARD_INPUT) return true;
  const found = await stat(name).catch(() => undefined);
  return found !== undefined && !found.isDirectory();
}

async function readBytes(file: string): Promise<Buffer> {
  if (file === STANDARD_INPUT) return readStandardInput(MAX_BYTES);
  const { size } = await stat(file);
  if (size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES / 1024 / 1024} MiB`);
  return readFile(file);
}

/**
 * The traces of an OTLP JSON file, as `--trace-out` and the page's download write it, by trace id; `-` is standard input. Throws CommandError (exit 2)
 * for a file that can't be read, is none of these, or has no span.
 */
export async function readTracesFile(file: string): Promise<Map<string, TracesData>> {
  const shown = file === STANDARD_INPUT ? 'standard input' : file;
  let body: Buffer;
  try {
    body = await readBytes(file);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${shown}: ${reasonOf(error)}`);
  }
  if (body.length === 0) throw new CommandError(`${shown}: is empty: --trace-out writes a trace`);
  let traces: Map<string, TracesData>;
  try {
    traces = splitTraces(decodeTracesJson(body));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      `${shown}: is not a trace in OTLP JSON, as --trace-out writes it: ${reason.replace(/^the body /, 'it ')}`,
    );
  }
  if (traces.size === 0) throw new CommandError(`${shown}: has no span`);
  return traces;
}
