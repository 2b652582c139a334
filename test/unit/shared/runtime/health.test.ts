import { afterEach, beforeEach, expect, test } from '@jest/globals';

import type { Registry } from 'prom-client';
import { Counter } from 'prom-client';

import { startHealthServer } from '../../../../shared/runtime/health.ts';
import type { HealthServer } from '../../../../shared/runtime/health.ts';
import { createMetricsRegistry } from '../../../../shared/runtime/metrics.ts';
import { loopbackAddresses } from './loopback.ts';

let ready: boolean;
let metrics: Registry;
let health: HealthServer;
beforeEach(async () => {
  ready = true;
  metrics = createMetricsRegistry('1.2.3');
  health = await startHealthServer(0, () => ready, { host: '127.0.0.1', metrics });
});
afterEach(() => health.close());

const statusOf = async (path: string): Promise<number> =>
  (await fetch(`http://127.0.0.1:${health.port}${path}`)).status;

test('readiness follows isReady, liveness does not', async () => {
  expect([await statusOf('/readyz'), await statusOf('/livez')]).toEqual([200, 200]);
  ready = false;
  expect([await statusOf('/readyz'), await statusOf('/livez')]).toEqual([503, 200]);
});

test('nothing else is served', async () => {
  expect(await statusOf('/')).toBe(404);
});

test('metrics of the process and of its parts are served for Prometheus', async () => {
  new Counter({ name: 'tests_total', help: 'Tests', registers: [metrics] }).inc(2);
  const response = await fetch(`http://127.0.0.1:${health.port}/metrics?a=b`);
  expect(response.headers.get('content-type')).toContain('version=0.0.4');
  const text = await response.text();
  expect(text).toContain('\ntests_total 2\n');
  expect(text).toContain('tektrace_build_info{version="1.2.3"');
  expect(text).toMatch(/\nprocess_resident_memory_bytes \d+/);
});

test('metrics that can not be collected are an error of that request alone', async () => {
  new Counter({
    ...{ name: 'broken_total', help: 'Broken', registers: [metrics] },
    collect() {
      throw new Error('no source');
    },
  });
  expect(await statusOf('/metrics')).toBe(500);
  expect(await statusOf('/readyz')).toBe(200);
});

test('without a host it is reached at every address of the machine, IPv6 included', async () => {
  const everywhere = await startHealthServer(0, () => true);
  try {
    for (const address of loopbackAddresses()) {
      const host = address.includes(':') ? `[${address}]` : address;
      expect([host, (await fetch(`http://${host}:${everywhere.port}/livez`)).status]).toEqual([host, 200]);
    }
  } finally {
    await everywhere.close();
  }
});

test('a port that is taken is an error of the start', async () => {
  await expect(startHealthServer(health.port, () => true, { host: '127.0.0.1' })).rejects.toThrow('EADDRINUSE');
});
