import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { fuzz } from './fuzz/fuzz.ts';
import { reportOf } from './fuzz/report.ts';
import { startFuzzServers } from './fuzz/servers.ts';
import type { FuzzServers } from './fuzz/servers.ts';

const START_TIMEOUT_MS = 180_000;
const PLAY_TIMEOUT_MS = 600_000;
const CONCURRENCY = 8;
const SEQUENCES = 250;
/** Always the same sequences; `npm run conformance:api -- --fuzz N` plays others. */
const SEED = 36_000;

let servers: FuzzServers;

beforeAll(async () => {
  servers = await startFuzzServers(CONCURRENCY);
}, START_TIMEOUT_MS);

afterAll(async () => {
  // Undefined where the servers could not be started.
  await (servers as FuzzServers | undefined)?.stop();
});

test(
  'random sequences of requests and watches are answered as by a kube-apiserver',
  async () => {
    const { findings, sequences } = await fuzz({
      seed: SEED,
      sequences: SEQUENCES,
      concurrency: CONCURRENCY,
      maxFindings: 3,
      compare: (steps) => servers.compare(steps),
    });
    expect(findings.map(reportOf).join('\n\n')).toBe('');
    expect(sequences).toBe(SEQUENCES);
  },
  PLAY_TIMEOUT_MS,
);
