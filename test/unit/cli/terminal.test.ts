import { expect, test } from '@jest/globals';

import { createTerminal } from '../../../cli/terminal.ts';

function open(isTTY: boolean, env: Record<string, string>) {
  const written: string[] = [];
  const stream = {
    isTTY,
    columns: 80,
    write: (text: string) => void written.push(text),
  } as unknown as NodeJS.WriteStream;
  return { terminal: createTerminal(stream, env), written };
}

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false],
])('a terminal (%s) with %j has colours: %s', (isTTY, env, colours) => {
  expect(open(isTTY, env as Record<string, string>).terminal.bold('x') !== 'x').toBe(colours);
});

test.each([
  [{ LANG: 'en_US.UTF-8' }, '│'],
  [{ LC_ALL: '', LANG: 'en_US.UTF-8' }, '│'],
  [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, '|'],
  [{}, '│'],
])('with %j lines are drawn with %s', (env, bar) => {
  const { terminal, written } = open(false, env);
  terminal.logLine('build', 'make', 'ok');
  expect(written).toEqual([`  build make ${bar} ok\n`]);
});

test('a step’s text does not control the terminal', () => {
  const { terminal, written } = open(false, {});
  terminal.logLine('build', 'make', '\x1b[2Jgone\x07');
  for (const control of ['\x1b', '\x07']) expect(written.join('')).not.toContain(control);
});
