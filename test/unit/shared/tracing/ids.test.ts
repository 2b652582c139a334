import { createHash } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import { deriveSpanId, newSpanId, newTraceId } from '../../../../shared/tracing/ids.ts';
import type { SpanFamily } from '../../../../shared/tracing/ids.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const UID = '11111111-2222-3333-4444-555555555555';
const ROOT = 'b7ad6b7169203331';

/** One row a family of span ids (docs/trace.md). Frozen: a change here breaks every trace that is under way. */
const golden: [SpanFamily, (string | number)[], string][] = [
  ['task', [UID], '64ef96b90284f396'],
  ['attempt', [UID, 1], 'ad5ea5ec2553088c'],
  ['scheduling', [UID, 0], 'f1257e7d90695b3f'],
  ['starting', [UID, 0], '51a1e024495201d3'],
  ['init', [UID, 0, 'prepare'], '2168dce7e45c5746'],
  ['step', [UID, 0, 'step-build'], '49d931c82bf538ce'],
  ['sidecar', [UID, 0, 'sidecar-db'], '44b278b5a5d5e122'],
  ['pull', [UID, 0, 'step-build'], '2a24d58964108bb8'],
  ['admission', [ROOT], '5e289922ef295be2'],
  ['queued', [ROOT], 'cf000eeaae47bb3d'],
  ['pending', [ROOT], 'ed2f4d2679338027'],
  ['resolve', [ROOT, UID], 'f1505084ce6c4ad5'],
  ['skipped', [ROOT, 'deploy', 0], 'fb243b1598fa67e5'],
  ['custom', [UID], '9e791264eb248d0b'],
];

describe('derived span ids', () => {
  test.each(golden)('%s %j is %s for ever', (family, key, id) => {
    expect(deriveSpanId(TRACE, family, ...key)).toBe(id);
  });

  test.each(golden)('%s %j is the head of the SHA-256 of the JSON array that the design gives', (family, key, id) => {
    const json = `["${TRACE}","${family}",${key.map((part) => (typeof part === 'number' ? part : `"${part}"`)).join(',')}]`;
    expect(createHash('sha256').update(json).digest().subarray(0, 8).toString('hex')).toBe(id);
  });

  test('no two families or attempts share an id', () => {
    const ids = golden.map(([family, key]) => deriveSpanId(TRACE, family, ...key));
    const attempts = [0, 1, 2, 10].map((attempt) => deriveSpanId(TRACE, 'step', UID, attempt, 'step-build-2'));
    expect(new Set([...ids, ...attempts]).size).toBe(golden.length + 4);
  });
});

describe('random ids', () => {
  test('are lower-case hex of the right length', () => {
    expect(newTraceId()).toMatch(/^[0-9a-f]{32}$/);
    expect(newSpanId()).toMatch(/^[0-9a-f]{16}$/);
  });

  test('are drawn again when they come out as zero, which no reader accepts', () => {
    const draws = [Buffer.alloc(16), Buffer.alloc(16), Buffer.alloc(16, 0xab)];
    expect(newTraceId(() => draws.shift()!)).toBe('ab'.repeat(16));
    const spans = [Buffer.alloc(8), Buffer.alloc(8, 1)];
    expect(newSpanId(() => spans.shift()!)).toBe('01'.repeat(8));
  });
});
