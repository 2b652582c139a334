import { parseArgs } from 'node:util';

import { fuzzWebhook } from './fuzz.ts';

const MB = 1 << 20;

const { values } = parseArgs({
  options: { count: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
});
const count = Number(values.count ?? 100_000);
const seed = Number(values.seed ?? Date.now() % 1e9);
const startedMs = performance.now();
console.log(`${count} reviews, --seed ${seed}`);
const { findings, sent, memory } = await fuzzWebhook({
  seed,
  count,
  ...(values.only !== undefined && { only: Number(values.only) }),
});
for (const finding of findings) console.log(finding);
console.log(
  Object.entries(sent)
    .map(([what, times]) => `${what}: ${times}`)
    .join(', '),
);
console.log(`memory after each tenth: ${memory.map((bytes) => `${(bytes / MB).toFixed(1)} MB`).join(', ')}`);
console.log(`${findings.length} findings in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
process.exit(findings.length > 0 ? 1 : 0);
