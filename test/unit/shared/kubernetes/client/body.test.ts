import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';

import { expect, test } from '@jest/globals';

import { errorFrom, readLines, readText } from '../../../../../shared/kubernetes/client/body.ts';
import { fc } from '../../../../support/property.ts';

function answerOf(chunks: Iterable<Buffer>, headers: Record<string, string> = {}, statusCode = 200): IncomingMessage {
  return Object.assign(Readable.from(chunks), { headers, statusCode }) as unknown as IncomingMessage;
}

/** Cuts bytes at the places given, wherever they are in a character. */
function cut(bytes: Buffer, places: number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...at, bytes.length].map((end, index) => bytes.subarray(at[index - 1] ?? 0, end));
}

async function read(chunks: Buffer[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines('GET /x', answerOf(chunks), undefined)) lines.push(line);
  return lines;
}
const limits = { maxBytes: 1000, silenceMs: 0, signal: undefined };

test('lines are equal for any chunks of the connection', async () => {
  const line = fc.string({ unit: 'binary' }).filter((text) => !/[\n\r]/.test(text));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, places) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      expect(await read(cut(bytes, places))).toEqual(lines);
    }),
  );
});

test('only a line feed ends a line; the last one may have none', async () => {
  const text = '{"a":"\u2028\u2029\u0085"}\nprogress 1\rprogress 2\r\nlast';
  expect(await read([Buffer.from(text)])).toEqual(['{"a":"\u2028\u2029\u0085"}', 'progress 1\rprogress 2', 'last']);
});

test('what has come of a line that is not complete is passed on, and comes again with its line', async () => {
  const rests: string[] = [];
  const lines: string[] = [];
  const chunks = ['one\nload', ' 10 %', '\rload 20 %', '\ntwo\n'].map((text) => Buffer.from(text));
  const onRest = (rest: string): void => void rests.push(rest);
  for await (const line of readLines('GET /x', answerOf(chunks), undefined, { onRest })) lines.push(line);
  expect(lines).toEqual(['one', 'load 10 %\rload 20 %', 'two']);
  expect(rests).toEqual(['load', 'load 10 %', 'load 10 %\rload 20 %']);
});

test('a line without end is an error, or comes in pieces if allowed', async () => {
  const chunks = Array.from({ length: 65 }, () => Buffer.alloc(1024 * 1024, 'x'));
  await expect(read(chunks)).rejects.toThrow('a line is longer than 67108864 characters');
  const pieces: string[] = [];
  for await (const piece of readLines('GET /x', answerOf([...chunks, Buffer.from('end\n')]), undefined, {
    pieces: true,
  }))
    pieces.push(piece);
  expect(pieces.length).toBeGreaterThan(5);
  expect(pieces.join('') === `${'x'.repeat(65 * 1024 * 1024)}end`).toBe(true);
});

test('a body is equal for any chunks of the connection', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.array(fc.nat()), async (text, places) => {
      const answer = answerOf(cut(Buffer.from(text), places));
      expect(await readText('GET /x', answer, { ...limits, maxBytes: 1_000_000 })).toBe(text);
    }),
  );
});

test('a body that is too large is given up', async () => {
  const answer = answerOf([Buffer.alloc(600), Buffer.alloc(600)]);
  await expect(readText('GET /x', answer, limits)).rejects.toThrow('GET /x: the response is larger than 1000 bytes');
  expect(answer.destroyed).toBe(true);
});

test.each([
  ['5', 5000],
  ['0', 0],
  ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ['-1', undefined],
  ['1e3', undefined],
  ['', undefined],
])('Retry-After %j is %s ms', (value, expected) => {
  expect(errorFrom('GET /x', answerOf([], { 'retry-after': value }, 429), '').retryAfterMs).toBe(expected);
});

test('any body of an error response becomes an error with its text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      const error = errorFrom('GET /x', answerOf([], {}, 500), text);
      expect(error).toMatchObject({ status: 500, name: 'ApiError' });
      expect(error.message).toMatch(/^GET \/x: 500 /);
    }),
  );
});
