import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { expect, test } from '@jest/globals';

import { aborted } from '../../../../shared/runtime/shutdown.ts';

const module = new URL('../../../../shared/runtime/shutdown.ts', import.meta.url).href;
const program = (body: string): string => `import { shutdownSignal, aborted } from ${JSON.stringify(module)};
const signal = shutdownSignal();
const alive = setInterval(() => undefined, 1000);
process.stdout.write('up');
await aborted(signal);
${body}`;

const start = (body: string) =>
  spawn(process.execPath, ['--input-type=module', '-e', program(body)], { env: { ...process.env, NODE_OPTIONS: '' } });

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s asks for the end, and the process ends in its own time',
  async (name) => {
    const child = start('clearInterval(alive); process.exitCode = 7;');
    await once(child.stdout, 'data');
    child.kill(name);
    expect(await once(child, 'exit')).toEqual([7, null]);
  },
);

test('one Ctrl-C that arrives twice counts once; a later one ends a hanging process', async () => {
  const child = start("process.stdout.write('stopping');");
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  child.kill('SIGINT');
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(said.toString()).toBe('stopping');
  const impatient = setInterval(() => child.kill('SIGINT'), 100);
  expect(await once(child, 'exit')).toEqual([130, null]);
  clearInterval(impatient);
});

test('waiting for an aborted signal resolves at once', async () => {
  await expect(aborted(AbortSignal.abort())).resolves.toBeUndefined();
});
