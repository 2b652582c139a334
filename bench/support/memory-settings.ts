import { parseArgs } from 'node:util';

import { endsWithSignal } from './ends-with-signal.ts';

/** What a benchmark of memory executes. */
export interface MemorySettings {
  runs: number;
  /** Runs at a time. */
  concurrency: number;
  /** Runs from one sample of the memory to the next. */
  every: number;
}

/** Throws for what is no whole number from 1 on. */
function settingsOf(args: string[], defaults: MemoryDefaults): MemorySettings {
  const options = { runs: { type: 'string' }, concurrency: { type: 'string' }, every: { type: 'string' } } as const;
  const { values } = parseArgs({ args, options });
  const whole = (name: keyof MemorySettings, fallback: number): number => {
    const value = Number(values[name] ?? fallback);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1 on`);
    return value;
  };
  const runs = whole('runs', defaults.runs);
  return {
    runs,
    concurrency: whole('concurrency', defaults.concurrency),
    every: whole('every', defaults.every(runs)),
  };
}

interface MemoryDefaults {
  runs: number;
  concurrency: number;
  every: (runs: number) => number;
}

/** Calls `measure` with what the command line asks for, and sets the exit code: 1 when that resolves to false, 2 for wrong arguments. */
export async function measureMemory(
  usage: string,
  defaults: MemoryDefaults,
  measure: (settings: MemorySettings, signal: AbortSignal) => Promise<boolean>,
): Promise<void> {
  let settings: MemorySettings;
  try {
    settings = settingsOf(process.argv.slice(2), defaults);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exitCode = 2;
    return;
  }
  await endsWithSignal(async (signal) => ((await measure(settings, signal)) ? 0 : 1));
}
