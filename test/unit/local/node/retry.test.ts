import { beforeEach, describe, expect, test } from '@jest/globals';

import { createRetry } from '../../../../local/node/retry.ts';
import type { Retry } from '../../../../local/node/retry.ts';
import { createLogger } from '../../../../shared/runtime/log.ts';
import type { Logger } from '../../../../shared/runtime/log.ts';

let lines: string[];
let log: Logger;
let retry: Retry;
let closing: AbortController;

/** Fails this often, then succeeds. */
function failing(times: number): () => Promise<void> {
  let left = times;
  return async () => {
    if (left-- > 0) throw new Error('connect EMFILE');
  };
}

beforeEach(() => {
  lines = [];
  log = createLogger({ level: 'warn', format: 'text', write: (line) => lines.push(line) });
  retry = createRetry(async () => undefined);
  closing = new AbortController();
});

describe('a request that fails is sent again until it succeeds', () => {
  test('a burst of failures is one warning, the next burst another', async () => {
    for (let burst = 1; burst <= 2; burst++) {
      await Promise.all([3, 5, 1].map((times) => retry('not written', log, closing.signal, failing(times))));
      expect(lines).toHaveLength(burst);
    }
    expect(lines[0]).toContain('not written, trying again');
  });

  test('it ends when the node closes', async () => {
    retry = createRetry(async () => closing.abort());
    await retry('not written', log, closing.signal, failing(2));
    expect(lines).toHaveLength(1);
  });
});
