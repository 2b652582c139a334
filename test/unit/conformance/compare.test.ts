import { describe, expect, test } from '@jest/globals';

import type { Answer, Json, RawClient } from '../../conformance/harness/client.ts';
import { differences, normalize } from '../../conformance/harness/normalize.ts';
import { compareCase, problemsOf } from '../../conformance/harness/run.ts';
import type { BothServers, ConformanceServer } from '../../conformance/harness/servers.ts';
import type { ConformanceCase } from '../../conformance/harness/types.ts';

const uids = ['11111111-2222-3333-4444-555555555555', '99999999-8888-7777-6666-555555555555'];

const answered = (body: Json, status = 200, headers: Answer['headers'] = {}): Answer => ({ status, headers, body });

/** A server that gives the answers in turn. */
function serverOf(...answers: Answer[]): ConformanceServer {
  const left = [...answers];
  const client: RawClient = {
    send: () => Promise.resolve(left.shift() ?? answered('no answer is left')),
    stream: () => Promise.reject(new Error('no watches here')),
    close: () => undefined,
  };
  return { client, cluster: {}, hooks: {}, stop: () => Promise.resolve() } as unknown as ConformanceServer;
}

const reads = (times: number, check: (answer: Answer) => void = () => undefined): ConformanceCase => ({
  area: 'self-check',
  name: 'reads',
  async run(session) {
    for (let time = 0; time < times; time++) check(await session.get('configmaps/a'));
  },
});

async function problems(one: ConformanceCase, embedded: Answer[], real: Answer[]): Promise<string[]> {
  const servers = { embedded: serverOf(...embedded), real: serverOf(...real) } as BothServers;
  return problemsOf(await compareCase(servers, one, 'case-0'));
}

const object = (metadata: Json, rest: Json = {}): Answer => answered({ kind: 'ConfigMap', metadata, ...rest });

describe('a case is not equal', () => {
  test.each([
    ['a value', object({}, { data: { a: '1' } }), object({}, { data: { a: '2' } }), '/0/body/data/a: "1" ≠ "2"'],
    ['a field that is missing', object({}), object({}, { data: {} }), '/0/body/data: nothing ≠ {}'],
    ['a field that is too much', object({}, { data: null }), object({}), '/0/body/data: null ≠ nothing'],
    ['a list instead of a map', answered([]), answered({}), '/0/body: [] ≠ {}'],
    ['the order of a list', answered(['a', 'b']), answered(['b', 'a']), '/0/body/0: "a" ≠ "b"'],
    ['the status', answered('', 200), answered('', 404), '/0/status: 200 ≠ 404'],
    ['a header', answered('', 200, { warning: 'x' }), answered(''), '/0/headers/warning: "x" ≠ nothing'],
    [
      'a sentence',
      answered({ message: 'not found' }),
      answered({ message: 'gone' }),
      '/0/body/message: "not found" ≠ "gone"',
    ],
    ['a quantity', answered({ cpu: '500m' }), answered({ cpu: '400m' }), '/0/body/cpu: "500m" ≠ "400m"'],
    ['a timeout', answered({ timeout: '1h' }), answered({ timeout: '1h0m' }), '/0/body/timeout: "1h" ≠ "1h0m"'],
    [
      'a time that has microseconds',
      answered('2030-01-01T00:00:00Z'),
      answered('2030-01-01T00:00:00.000000Z'),
      '/0/body: "TIME" ≠ "MICROTIME"',
    ],
  ])('for %s', async (_what, embedded, real, expected) => {
    const found = await problems(reads(1), [embedded], [real]);
    expect(found).toContain(`embedded ≠ real: ${expected}`);
  });

  test('for a change that is one on one server only', async () => {
    const changed = [object({ resourceVersion: '5' }), object({ resourceVersion: '9' })];
    const same = [object({ resourceVersion: '7' }), object({ resourceVersion: '7' })];
    expect(await problems(reads(2), changed, same)).toEqual([
      'embedded ≠ real: /1/body/metadata/resourceVersion: "VERSION-2" ≠ "VERSION-1"',
    ]);
  });

  test('for another object under the name', async () => {
    const [one, other] = uids;
    const replaced = [object({ uid: one }), object({ uid: other })];
    const kept = [object({ uid: one }), object({ uid: one })];
    expect(await problems(reads(2), replaced, kept)).toEqual([
      'embedded ≠ real: /1/body/metadata/uid: "UID-2" ≠ "UID-1"',
    ]);
  });

  test('where it holds on one server only, or on none', async () => {
    const found = reads(1, ({ status }) => {
      if (status !== 200) throw new Error(`it was ${status}`);
    });
    expect(await problems(found, [answered('', 500)], [answered('', 200)])).toContain(
      'does not hold on the embedded server: it was 500',
    );
    expect(await problems(found, [answered('', 200)], [answered('', 500)])).toContain(
      'does not hold on the real server: it was 500',
    );
    expect(await problems(found, [answered('', 500)], [answered('', 500)])).toHaveLength(2);
  });

  test('where one server was asked more', async () => {
    const untilFound: ConformanceCase = {
      ...reads(0),
      async run(session) {
        for (let status = 0; status !== 200;) ({ status } = await session.get('configmaps/a'));
      },
    };
    const found = await problems(untilFound, [answered('', 404), answered('')], [answered('')]);
    expect(found.some((line) => line.startsWith('embedded ≠ real: /1: '))).toBe(true);
  });
});

describe('a case is equal', () => {
  test('where only what no client can count on differs', async () => {
    const [one, other] = uids;
    const embedded = object(
      { uid: one, resourceVersion: '12', creationTimestamp: '2030-01-01T00:00:00Z', name: 'gen-bcdfg' },
      { owner: one },
    );
    const real = object(
      { uid: other, resourceVersion: '98765', creationTimestamp: '2031-02-03T04:05:06Z', name: 'gen-hjklm' },
      { owner: other },
    );
    expect(await problems(reads(1), [embedded], [real])).toEqual([]);
  });

  test('where only the ages in a table differ', async () => {
    const table = (shown: string): Answer => answered({ kind: 'Table', rows: [{ cells: ['a', '1/1', shown] }] });
    expect(await problems(reads(1), [table('3s')], [table('2m5s')])).toEqual([]);
  });

  test('where only the sentences about columns differ, and no other sentence called description', () => {
    const column = (description: string): Json => ({
      name: 'Age',
      type: 'string',
      format: '',
      priority: 0,
      description,
    });
    const columns = (description: string): Json => normalize({ columnDefinitions: [column(description)] });
    expect(differences(columns(''), columns('When.'))).toEqual([]);
    const other = (description: string): Json => normalize({ description });
    expect(differences(other('a'), other('b'))).toEqual(['/description: "a" ≠ "b"']);
  });
});
