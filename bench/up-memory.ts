import { measureMemory } from './support/memory-settings.ts';
import type { MemorySettings } from './support/memory-settings.ts';
import { runAndDelete } from './up-memory/load.ts';
import { startProduct } from './up-memory/product.ts';

const USAGE = `usage: npm run bench:up-memory -- [--runs N] [--concurrency N] [--every N]
  --runs         PipelineRuns of three tasks that are run by tektrace up, exported and deleted (default 1000)
  --concurrency  runs at a time (default 4)
  --every        runs from one sample of the memory to the next (default 20)`;

const MIB = 1024 * 1024;
/** The aim that docs/local.md names for tektrace up. */
const MAX_RSS_BYTES = 350 * MIB;

/** Prints the memory of `tektrace up` while runs come and go. Resolves to whether it stayed within the aim and every run succeeded. */
async function measure({ runs, concurrency, every }: MemorySettings, signal: AbortSignal): Promise<boolean> {
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

const DEFAULTS = { runs: 1000, concurrency: 4, every: () => 20 };

await measureMemory(USAGE, DEFAULTS, measure);
