import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';

import { JaegerQueryError } from '../../../../local/jaeger/query.ts';
import type { JaegerQuery, JaegerSearch } from '../../../../local/jaeger/query.ts';
import { JaegerSource } from '../../../../local/jaeger/source.ts';
import { splitTraces } from '../../../../shared/otlp/split-traces.ts';
import type { ResourceSpans } from '../../../../shared/otlp/types.ts';
import { fromService, START_MS } from '../viewer/example-trace.ts';

const id = (number: number): string => String(number).padStart(32, '0');
const run = (number: number, name = 'root'): ResourceSpans =>
  fromService('tekton-pipelines', [
    { id: name, name: `RUN p${number}`, from: number, to: number + 10, traceId: id(number) },
  ]);

describe('a Jaeger as the source of the pages', () => {
  let now: number;
  let stored: ResourceSpans[];
  let searches: JaegerSearch[];
  let reads: number;
  let failure: Error | undefined;
  /** Whether a search has what is stored: it has only spans that began in its time. */
  let isFound: () => boolean;
  let source: JaegerSource;
  const all = (): ReturnType<typeof splitTraces> => splitTraces({ resourceSpans: stored });
  beforeEach(() => {
    isFound = () => true;
    [now, stored, searches, reads, failure] = [1_000_000_000, [], [], 0, undefined];
    const query: JaegerQuery = {
      url: 'http://jaeger',
      trace: async (traceId) => {
        if (failure) throw failure;
        reads += 1;
        return all().get(traceId);
      },
      search: async (search) => {
        if (failure) throw failure;
        searches.push(search);
        return isFound() ? all() : new Map();
      },
    };
    source = new JaegerSource(query, { sinceMs: 3_600_000, limit: 2, nowMs: () => now });
  });

  afterEach(() => void jest.useRealTimers());

  test('lists the newest runs; then it asks for what is new only, and sends what changed', async () => {
    stored = [run(1), run(2), run(3)];
    const first = await source.list(undefined);
    expect(first.data.map((one) => one.id)).toEqual([id(3), id(2)]);
    expect(searches[0]).toMatchObject({ service: 'tekton-pipelines', fromMs: now - 3_600_000, limit: 2 });
    await source.list(first.version);
    expect(searches).toHaveLength(1);
    now += 60_000;
    stored = [run(3), run(3, 'more')];
    const second = await source.list(first.version);
    expect(searches[1]?.fromMs).toBe(now - 60_000 - 90_000);
    expect(second).toMatchObject({ whole: false, data: [{ id: id(3), spanCount: 2 }] });
  });

  test('says that the list may not be all', async () => {
    stored = [run(1)];
    expect(await source.list(undefined)).not.toHaveProperty('older');
    stored = [run(1), run(2), run(3)];
    now += 3000;
    expect((await source.list(undefined)).older).toMatch('--limit');
  });

  test('the end of a run whose spans began long ago is found, though no search for new ones has it', async () => {
    jest.useFakeTimers({ now });
    const begun = fromService('tekton-pipelines', [
      { id: 'queued', parent: 'root', name: 'queued', from: now - START_MS, to: now - START_MS, traceId: id(1) },
    ]);
    stored = [begun];
    const stop = source.onChange(() => undefined);
    expect((await source.list(undefined)).data).toMatchObject([{ finished: false }]);
    isFound = () => false;
    const root = { id: 'root', name: 'RUN p1', from: now - START_MS, to: now - START_MS + 300_000, traceId: id(1) };
    stored = [begun, fromService('tekton-pipelines', [root])];
    for (let tick = 0; tick < 3; tick += 1) {
      now += 10_000;
      await jest.advanceTimersByTimeAsync(10_000);
    }
    expect((await source.list(undefined)).data).toMatchObject([{ finished: true }]);
    const before = reads;
    now += 10_000;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(reads).toBe(before);
    stop();
  });

  test('the whole list is read anew now and then: spans may be late by any time', async () => {
    await source.list(undefined);
    now += 600_000;
    await source.list(undefined);
    expect(searches.map(({ fromMs }) => fromMs)).toEqual([now - 4_200_000, now - 3_600_000]);
  });

  test('shows what it has of a trace while Jaeger does not answer, and asks once for all who wait', async () => {
    stored = [run(1)];
    await Promise.all([source.get(id(1)), source.get(id(1)), source.revision(id(1))]);
    expect(reads).toBe(1);
    failure = new JaegerQueryError('http://jaeger: cannot be reached: nothing listens there');
    now += 120_000;
    expect(await source.get(id(1))).toBeDefined();
    await expect(source.revision(id(1))).rejects.toMatchObject({ status: 502 });
    await expect(source.get(id(2))).rejects.toMatchObject({ status: 502 });
  });

  test('reads a trace once in two seconds, and its revision changes with it', async () => {
    stored = [run(1)];
    const before = await source.revision(id(1));
    expect((await source.get(id(1)))?.resourceSpans).toHaveLength(1);
    expect(reads).toBe(1);
    stored.push(run(1, 'more'));
    now += 2000;
    expect(await source.revision(id(1))).not.toBe(before);
    expect(await source.get(id(9))).toBeUndefined();
  });

  test('says in a sentence what Jaeger did not answer, and goes on when it does', async () => {
    failure = new JaegerQueryError('http://jaeger: cannot be reached: nothing listens there');
    await expect(source.list(undefined)).rejects.toMatchObject({ status: 502, message: failure.message });
    await expect(source.get(id(1))).rejects.toMatchObject({ status: 502 });
    failure = undefined;
    stored = [run(1)];
    expect((await source.list(undefined)).data).toHaveLength(1);
  });

  test('reports changes to the pages', async () => {
    const changed: (string | undefined)[] = [];
    const stop = source.onChange((traceId) => changed.push(traceId));
    stored = [run(1)];
    await source.list(undefined);
    expect(changed).toEqual([id(1)]);
    stop();
  });

  test('reports to the pages that the list cannot be read any more, so that they ask for the reason', async () => {
    jest.useFakeTimers();
    const changed: (string | undefined)[] = [];
    const stop = source.onChange((traceId) => changed.push(traceId));
    await source.list(undefined);
    failure = new JaegerQueryError('http://jaeger: cannot be reached: nothing listens there');
    await jest.advanceTimersByTimeAsync(10_000);
    expect(changed).toStrictEqual([undefined]);
    stop();
  });

  test('asks every ten seconds as long as a page is open, and not after that', async () => {
    jest.useFakeTimers();
    const stops = [source.onChange(() => undefined), source.onChange(() => undefined)];
    const searchesIn10s = async (): Promise<number> => {
      const before = searches.length;
      await jest.advanceTimersByTimeAsync(10_000);
      return searches.length - before;
    };
    expect(await searchesIn10s()).toBe(1);
    stops[0]?.();
    expect(await searchesIn10s()).toBe(1);
    stops[1]?.();
    expect(await searchesIn10s()).toBe(0);
    stops[0] = source.onChange(() => undefined);
    expect(await searchesIn10s()).toBe(1);
    stops[0]();
  });
});
