import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';

import { unlessAborted } from '../../../bench/support/ends-with-signal.ts';

const MODULE = path.resolve('bench/support/ends-with-signal.ts');

test.each(['SIGTERM', 'SIGINT'] as const)(
  'a benchmark that gets %s stops what it started, and says one line',
  async (name) => {
    const source = `
      import { endsWithSignal, unlessAborted } from ${JSON.stringify(MODULE)};
      const alive = setInterval(() => undefined, 1000);
      await endsWithSignal(async (signal) => {
        console.log('started');
        try {
          return await unlessAborted(signal, new Promise(() => undefined));
        } finally {
          clearInterval(alive);
          console.log('stopped');
        }
      });`;
    const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', source];
    const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, errors, ended] = [text(child.stdout), text(child.stderr), once(child, 'exit')];
    await once(child.stdout, 'data');
    child.kill(name);
    expect(await ended).toEqual([name === 'SIGTERM' ? 143 : 130, null]);
    expect(await errors).toBe(`${name}: ended before everything was measured\n`);
    expect(await output).toBe('started\nstopped\n');
  },
);

test('work that ends before the signal is the result, and so is its error', async () => {
  const { signal } = new AbortController();
  await expect(unlessAborted(signal, Promise.resolve(1))).resolves.toBe(1);
  await expect(unlessAborted(signal, Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(unlessAborted(AbortSignal.abort(new Error('over')), new Promise(() => undefined))).rejects.toThrow(
    'over',
  );
});
