import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { findTraceSource } from '../../../../cli/traces/trace-source.ts';
import { startTraceStore } from '../../../../local/tracestore/server.ts';
import type { TraceStore } from '../../../../local/tracestore/server.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { sendSpans } from '../../../browser/send-spans.ts';
import { fromService, START_MS } from '../../local/viewer/example-trace.ts';

test('headers for a Jaeger that is not named are refused, and not left out without a word', async () => {
  await expect(findTraceSource(undefined, '/x/kubeconfig', '/x/headers')).rejects.toThrow(
    '--jaeger-headers-file is for a Jaeger: name it with --jaeger-query-url, too',
  );
});

test('without a Jaeger and without a trace store beside the kubeconfig there is no source', async () => {
  expect(await findTraceSource(undefined, '/x/kubeconfig')).toBeUndefined();
});

describe('the trace store of tektrace up', () => {
  const HOUR_MS = 3_600_000;
  let store: TraceStore;
  let directory: string;
  const source = async (access: string) => {
    await writeFile(path.join(directory, 'tracestore.json'), access);
    return findTraceSource(undefined, path.join(directory, 'kubeconfig'));
  };
  const own = (): string => JSON.stringify({ url: store.url, token: store.token });
  /** A run that began so long ago, and took a second. */
  const send = (traceId: string, agoMs: number): Promise<void> => {
    const from = Date.now() - agoMs - START_MS;
    const root = { id: 'root', name: 'RUN a', from, to: from + 1000, traceId };
    return sendSpans(store, { resourceSpans: [fromService('tekton-pipelines', [root])] });
  };

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tektrace-test-'));
    store = await startTraceStore({ log: silentLogger });
  });
  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  test('has the newest runs, as far back as is asked', async () => {
    const [old, earlier, last] = ['1', '2', '3'].map((digit) => digit.repeat(32)) as [string, string, string];
    await send(old, 3 * HOUR_MS);
    await send(earlier, HOUR_MS);
    await send(last, 1000);
    const traces = await source(own());
    expect([...((await traces?.recent?.(2 * HOUR_MS, 9)) ?? [])].map(([id]) => id)).toEqual([last, earlier]);
    expect([...((await traces?.recent?.(9 * HOUR_MS, 1)) ?? [])].map(([id]) => id)).toEqual([last]);
  });

  test('that refuses, or has ended, is said in a sentence', async () => {
    const refused = await source(JSON.stringify({ url: store.url, token: 'wrong' }));
    await expect(refused?.recent?.(HOUR_MS, 1)).rejects.toThrow(`${store.url}: answered 401`);
    const ended = await source(own());
    await store.close();
    await expect(ended?.recent?.(HOUR_MS, 1)).rejects.toThrow(/^http:[^ ]*: cannot be reached: /);
    store = await startTraceStore({ log: silentLogger });
  });

  test('whose file is another one is said with its name', async () => {
    await expect(source('{')).rejects.toThrow(
      `${path.join(directory, 'tracestore.json')}: is not the file that tektrace up writes: `,
    );
  });
});
