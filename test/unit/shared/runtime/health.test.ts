import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { startHealthServer } from '../../../../shared/runtime/health.ts';
import type { HealthServer } from '../../../../shared/runtime/health.ts';

let ready: boolean;
let health: HealthServer;
beforeEach(async () => {
  ready = true;
  health = await startHealthServer(0, () => ready, '127.0.0.1');
});
afterEach(() => health.close());

const statusOf = async (path: string): Promise<number> =>
  (await fetch(`http://127.0.0.1:${health.port}${path}`)).status;

test('readiness follows what it is told, liveness does not', async () => {
  expect([await statusOf('/readyz'), await statusOf('/livez')]).toEqual([200, 200]);
  ready = false;
  expect([await statusOf('/readyz'), await statusOf('/livez')]).toEqual([503, 200]);
});

test('nothing else is served', async () => {
  expect(await statusOf('/')).toBe(404);
});

test('a port that is taken is an error of the start', async () => {
  await expect(startHealthServer(health.port, () => true, '127.0.0.1')).rejects.toThrow('EADDRINUSE');
});
