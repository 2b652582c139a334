import { fuzz } from './fuzz.ts';
import { reportOf } from './report.ts';
import { startFuzzServers } from './servers.ts';

const CONCURRENCY = 12;
const MAX_FINDINGS = 25;

/**
 * Plays `sequences` sequences, the first with `seed`, on an embedded and a real API server; prints each difference with the requests that
 * show it, and the totals. True when there is no difference. Throws when the real programs are not there.
 */
export async function fuzzBoth({ sequences, seed }: { sequences: number; seed: number }): Promise<boolean> {
  const servers = await startFuzzServers(CONCURRENCY);
  const started = performance.now();
  try {
    const { findings, repeated, ...done } = await fuzz({
      seed,
      sequences,
      concurrency: CONCURRENCY,
      maxFindings: MAX_FINDINGS,
      compare: (steps) => servers.compare(steps),
      onFinding: (finding) => console.log(`${reportOf(finding)}\n`),
    });
    const seconds = (performance.now() - started) / 1000;
    const speed = (done.sequences / seconds).toFixed(1);
    console.log(`${done.sequences} sequences of ${done.requests} requests from seed ${seed}: ${speed} a second`);
    if (repeated.length > 0) console.log(`the same as before: seeds ${repeated.join(', ')}`);
    console.log(`${findings.length} ${findings.length === 1 ? 'difference' : 'differences'}`);
    return findings.length === 0;
  } finally {
    await servers.stop();
  }
}
