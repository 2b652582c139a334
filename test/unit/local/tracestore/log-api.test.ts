import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { logText } from '../../../../local/tracestore/api/log-api.ts';
import { newest } from '../../../../local/tracestore/api/newest.ts';
import { startTraceStore, type TraceStore } from '../../../../local/tracestore/server.ts';
import type { LogSource } from '../../../../local/viewer/log-place.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { fromService, spanId, TRACE_ID, type SpanInput } from '../viewer/example-trace.ts';

async function* from(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}
async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

test('of a log that is longer than the limit the newest bytes are given, with the number of the others', async () => {
  expect(await all(newest(from('aaaa', 'bbbb', 'cccc'), 8))).toEqual([
    { content: Buffer.from('bbbbcccc'), dropped: 4 },
  ]);
  const text = (await all(logText(newest(from('1\n2\n', '3\n4\n', '5\n6\n'), 8)))).join('');
  expect(text).toBe('… 4 bytes before this are not shown\n3\n4\n5\n6\n');
});

test('what comes later comes at once, and an error after what was read before it', async () => {
  const next = Promise.withResolvers<void>();
  async function* slow(): AsyncGenerator<Buffer> {
    yield Buffer.from('now\n');
    await next.promise;
    yield Buffer.from('later\n');
    throw new Error('the Pod is gone');
  }
  const log = newest(slow(), 100);
  expect((await log.next()).value).toEqual({ content: Buffer.from('now\n'), dropped: 0 });
  next.resolve();
  expect((await log.next()).value).toEqual({ content: Buffer.from('later\n'), dropped: 0 });
  await expect(log.next()).rejects.toThrow('the Pod is gone');
});

/** What a reader sees of it: after a carriage return a line begins anew. */
const shown = (pieces: string[]): string =>
  pieces
    .join('')
    .split('\n')
    .map((line) => line.slice(line.lastIndexOf('\r') + 1))
    .join('\n');

test('of escape sequences only colours are left; a last line without its end is shown', async () => {
  const text = await all(logText(newest(from('\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J', ' end'), 100)));
  expect(shown(text)).toBe('\x1b[31mred\x1b[0m end\n');
});

/** What each piece of a log is sent as, and the error after it. */
async function sent(...pieces: (string | Error)[]): Promise<string[]> {
  async function* log(): AsyncGenerator<{ content: Buffer; dropped: number }> {
    for (const piece of pieces) {
      if (piece instanceof Error) throw piece;
      yield { content: Buffer.from(piece), dropped: 0 };
    }
  }
  const found: string[] = [];
  try {
    for await (const text of logText(log())) found.push(text);
  } catch (error) {
    found.push(String(error));
  }
  return found;
}

test('a question without a line feed is shown while the step waits for the answer', async () => {
  expect(await sent('Go on? [y/N] ', 'y\nyes\n')).toEqual(['Go on? [y/N] ', '\rGo on? [y/N] y\nyes\n']);
});

test('a progress bar is shown as it is now, and once at its end', async () => {
  expect(await sent('\r10 %', '\r20 %', '\r100 %\nok\n')).toEqual(['10 %', '\r20 %', '\r100 %\nok\n']);
});

test('a line that goes on, and an escape sequence that has no end yet', async () => {
  expect(await sent('a', '\x1b]0;ti', 'tle\x07b\n')).toEqual(['a', '\r', 'ab\n']);
});

test('an error does not take the line before it', async () => {
  expect(await sent('first\nsec', new Error('the Pod is gone'))).toEqual([
    'first\nsec',
    '\rsec\n',
    'Error: the Pod is gone',
  ]);
});

test('a long line comes in pieces, wherever it ends', async () => {
  const [text = ''] = await sent(`${'x'.repeat(200_000)}\nnext\n`);
  expect(text.split('\n').map(({ length }) => length)).toEqual([65_536, 65_536, 65_536, 3392, 4, 0]);
});

test('a line that was cut off by what is not shown is a line of its own, before and after', async () => {
  async function* log(): ReturnType<typeof newest> {
    yield { content: Buffer.from('one\nhalf of'), dropped: 0 };
    yield { content: Buffer.from('the end of another\nlast\n'), dropped: 7 };
  }
  expect(shown(await all(logText(log())))).toBe(
    'one\nhalf of\n… 7 bytes before this are not shown\nthe end of another\nlast\n',
  );
});

test('a line without an end is shown in pieces as it comes', async () => {
  const next = Promise.withResolvers<void>();
  async function* endless(): ReturnType<typeof newest> {
    yield { content: Buffer.from('x'.repeat(150_000)), dropped: 0 };
    await next.promise;
    yield { content: Buffer.from('y\n'), dropped: 0 };
  }
  const log = logText(endless());
  const { value } = (await log.next()) as { value: string };
  expect(value.split('\n').map(({ length }) => length)).toEqual([65_536, 65_536, 4000]);
  next.resolve();
  expect((await all(log)).join('')).toBe(`\r${'x'.repeat(150_000 - 2 * 65_536)}y\n`);
});

let store: TraceStore | undefined;
afterEach(async () => {
  await store?.close();
  store = undefined;
});

async function ask(logs: LogSource, row: string, signal?: AbortSignal): Promise<Response> {
  store = await startTraceStore({ log: silentLogger, logs });
  const spans: SpanInput[] = [
    { id: 'r', name: 'RUN a', from: 0, to: 9, attributes: { namespace: 'ci', pipelinerun: 'a' } },
    { id: 't', parent: 'r', name: 'task unit', from: 0, to: 9, attributes: { 'k8s.pod.name': 'unit-pod' } },
    { id: 's', parent: 't', name: 'step test', from: 0, to: 9, attributes: { 'k8s.container.name': 'step-test' } },
  ];
  const headers = { Authorization: `Bearer ${store.token}`, 'Content-Type': 'application/json' };
  const body = JSON.stringify({ resourceSpans: [fromService('tekton-pipelines', spans)] });
  await fetch(store.otlpUrl, { method: 'POST', headers, body });
  return fetch(`${store.url}/api/log/${TRACE_ID}/${row}`, { headers, ...(signal && { signal }) });
}
async function read(logs: LogSource, row: string): Promise<[number, string]> {
  const response = await ask(logs, row);
  return [response.status, await response.text()];
}

test('a reader that leaves ends the reading of a log that goes on', async () => {
  const ended = Promise.withResolvers<void>();
  const logs: LogSource = async function* (_place, _part, signal) {
    yield Buffer.from('one line\n');
    await once(signal, 'abort');
    ended.resolve();
  };
  const leaving = new AbortController();
  const { body } = await ask(logs, spanId('s'), leaving.signal);
  const { value } = (await body?.getReader().read()) ?? {};
  expect(Buffer.from(value ?? []).toString()).toBe('one line\n');
  leaving.abort();
  await ended.promise;
});

test('the log of a step is read from the container that its span names', async () => {
  const logs: LogSource = (place, part) => from(`${JSON.stringify([place, part])}\n`);
  const expected = [{ namespace: 'ci', pod: 'unit-pod', container: 'step-test' }, { follow: true }];
  expect(await read(logs, spanId('s'))).toEqual([200, `${JSON.stringify(expected)}\n`]);
});

test('a row without a container, an unknown row, and a log that can’t be read are answered with the reason', async () => {
  const [status, text] = await read(() => from(), spanId('t'));
  expect([status, text]).toEqual([404, expect.stringContaining('does not say which container')]);
  expect((await read(() => from(), 'nothing'))[0]).toBe(404);
  const [failed, why] = await read(() => {
    throw new Error('pod unit-pod in namespace ci has not run on this node');
  }, spanId('s'));
  expect([failed, why]).toEqual([404, expect.stringContaining('has not run on this node')]);
});
