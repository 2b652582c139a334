import { expect, test } from '@jest/globals';

import type { Terminal } from '../../../../cli/text/terminal.ts';
import { unlessInterrupted, untilInterrupted } from '../../../../cli/process/until-interrupted.ts';
import { Interrupted } from '../../../../shared/runtime/shutdown.ts';

function open() {
  const said: string[] = [];
  const terminal = { print: (text: string) => void said.push(text), red: (text: string) => text } as Terminal;
  return { terminal, said };
}
const never = new AbortController().signal;

test('an interrupt before the work starts keeps it from starting', async () => {
  const { terminal, said } = open();
  const first = AbortSignal.abort(new Interrupted('SIGINT'));
  await untilInterrupted({ first, second: never }, terminal, async () => {
    throw new Error('started');
  });
  expect(said).toEqual(['Ctrl-C: no run was started']);
});

test('an interrupt while nothing is created yet does not wait for what hangs', async () => {
  const { terminal, said } = open();
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = untilInterrupted(
    { first: first.signal, second: second.signal },
    terminal,
    () => new Promise(() => undefined),
  );
  first.abort(new Interrupted('SIGTERM'));
  second.abort(new Interrupted('SIGTERM'));
  await waiting;
  expect(said).toEqual(['SIGTERM: no run was started']);
});

test('an interrupt while a run is being created is left to who follows it', async () => {
  const { terminal, said } = open();
  const first = new AbortController();
  const created = Promise.withResolvers<void>();
  const work: string[] = [];
  const waiting = untilInterrupted({ first: first.signal, second: never }, terminal, async (isFollowing) => {
    await created.promise;
    isFollowing();
    work.push('followed');
  });
  first.abort(new Interrupted('SIGINT'));
  created.resolve();
  await waiting;
  expect([work, said]).toEqual([['followed'], []]);
});

test('work that follows a run is not interrupted, and its error is thrown', async () => {
  const { terminal, said } = open();
  const first = new AbortController();
  const work = Promise.withResolvers<void>();
  const waiting = untilInterrupted({ first: first.signal, second: never }, terminal, (isFollowing) => {
    isFollowing();
    return work.promise;
  });
  first.abort(new Interrupted('SIGINT'));
  work.reject(new Error('lost'));
  await expect(waiting).rejects.toThrow('lost');
  expect(said).toEqual([]);
});

test('a start ended by an interrupt gives nothing; a failed start throws', async () => {
  const first = new AbortController();
  const start = async (signal: AbortSignal): Promise<string> => {
    signal.throwIfAborted();
    return 'started';
  };
  expect(await unlessInterrupted(first.signal, start)).toBe('started');
  await expect(unlessInterrupted(first.signal, () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
  first.abort(new Interrupted('SIGINT'));
  expect(await unlessInterrupted(first.signal, start)).toBeUndefined();
});
