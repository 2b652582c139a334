import { parseArgs } from 'node:util';

import { shutdownSignal } from '../shared/runtime/shutdown.ts';
import { runAndDelete } from './up-memory/load.ts';
import { startProduct } from './up-memory/product.ts';

const USAGE = `usage: npm run bench:up-memory -- [--runs N] [--concurrency N] [--every N]
  --runs         PipelineRuns of three tasks that are run by tektrace up, exported and deleted (default 1000)
  --concurrency  runs at a time (default 4)
  --every        runs from one sample of the memory to the next (default 20)`;

const MIB = 1024 * 1024;
/** The aim that docs/local.md names for tektrace up. */
const MAX_RSS_BYTES = 350 * MIB;

interface Settings {
  runs: number;
  concurrency: number;
  every: number;
}

/** Throws for what is no whole number from 1 on. */
function settingsOf(args: string[]): Settings {
  const options = { runs: { type: 'string' }, concurrency: { type: 'string' }, every: { type: 'string' } } as const;
  const { values } = parseArgs({ args, options });
  const whole = (name: keyof Settings, fallback: number): number => {
    const value = Number(values[name] ?? fallback);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1 on`);
    return value;
  };
  return { runs: whole('runs', 1000), concurrency: whole('concurrency', 4), every: whole('every', 20) };
}

/** Prints the memory of `tektrace up` while runs come and go. Resolves to whether it stayed within the aim and every run succeeded. */
async function measure({ runs, concurrency, every }: Settings, signal: AbortSignal): Promise<boolean> {
  const product = await startProduct();
  try {
    const startedMs = Date.now();
    const cells = (...texts: string[]): void => console.log(texts.map((text) => text.padStart(10)).join(''));
    const sample = (done: number): void => {
      const seconds = (Date.now() - startedMs) / 1000;
      cells(String(done), seconds.toFixed(0), (product.rssBytes() / MIB).toFixed(0));
    };
    cells('runs', 'seconds', 'RSS MiB');
    sample(0);
    const failures = await runAndDelete({
      ...{ kubeconfigFile: product.kubeconfigFile, runs, concurrency, signal },
      onDeleted: (done) => done % every === 0 && sample(done),
    });
    const [peak, limit] = [product.peakRssBytes() / MIB, MAX_RSS_BYTES / MIB];
    console.log(`highest RSS: ${peak.toFixed(0)} MiB (${peak < limit ? 'below' : 'ABOVE'} ${limit})`);
    for (const failure of failures) console.log(`failed: ${failure}`);
    return peak < limit && failures.length === 0;
  } finally {
    await product.stop();
  }
}

/** Resolves to the exit code: 1 when the memory was above the aim or a run failed, 2 for wrong arguments. */
async function main(args: string[]): Promise<number> {
  let settings: Settings;
  try {
    settings = settingsOf(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  return (await measure(settings, shutdownSignal())) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
