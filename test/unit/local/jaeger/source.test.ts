import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';

import { JaegerQueryError } from '../../../../local/jaeger/query.ts';
import type { JaegerQuery, JaegerSearch } from '../../../../local/jaeger/query.ts';
import { JaegerSource } from '../../../../local/jaeger/source.ts';
import { splitTraces } from '../../../../shared/otlp/split-traces.ts';
import type { ResourceSpans } from '../../../../shared/otlp/types.ts';
import { fromService } from '../viewer/example-trace.ts';

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
  let source: JaegerSource;
  const all = (): ReturnType<typeof splitTraces> => splitTraces({ resourceSpans: stored });
  beforeEach(() => {
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
        return all();
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
