import { PassThrough } from 'node:stream';

import { expect, test } from '@jest/globals';

import { createTerminal } from '../../../../cli/text/terminal.ts';

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
  void terminal.logLine('build', 'make', 'ok');
  expect(written).toEqual([`  build make ${bar} ok\n`]);
});

test('a step’s text is shown as it was written, and does not control the terminal', () => {
  const { terminal, written } = open(false, {});
  void terminal.logLine('build', '\x1b[2Jmake', '\t  a:  \x1b[31mred\x1b[0m\x1b[2J\x07');
  terminal.quote(['  b\x1b]0;title\x07']);
  expect(written).toEqual(['  build make │ \t  a:  red\n', '    │   b\n']);
});

test('colours of a step stay on a terminal, and end with the line', () => {
  const { terminal, written } = open(true, {});
  void terminal.logLine('build', 'make', '\x1b[31mred');
  expect(written.join('')).toMatch(/│\x1b\[0m \x1b\[31mred\x1b\[0m\n$/); // eslint-disable-line no-control-regex
});

test('text held back from a step’s last line is shown at its end', () => {
  const { terminal, written } = open(false, {});
  void terminal.logLine('build', 'make', 'a\x1b]never ends');
  expect(written).toEqual([]);
  terminal.logEnd('build', 'make');
  expect(written).toEqual(['  build make │ anever ends\n']);
});

test('a full pipe is waited for', async () => {
  const pipe = new PassThrough({ highWaterMark: 10 });
  const terminal = createTerminal(pipe as unknown as NodeJS.WriteStream, {});
  const room = terminal.logLine('build', 'make', 'text');
  expect(room).toBeInstanceOf(Promise);
  pipe.resume();
  await room;
  expect(pipe.listenerCount('drain') + pipe.listenerCount('close')).toBe(0);
});

test.each([false, true])('no two empty lines follow each other (colours: %s)', (isTTY) => {
  const { terminal, written } = open(isTTY, {});
  for (const text of [
    'RUN a\n',
    terminal.green('\nSucceeded'),
    '',
    '',
    '\nnext',
    'last\n',
    terminal.red('\nFailed\n'),
    '',
  ])
    terminal.print(text);
  // eslint-disable-next-line no-control-regex
  expect(written.join('').replace(/\x1b\[\d+m/g, '')).toBe('RUN a\n\nSucceeded\n\nnext\nlast\n\nFailed\n\n');
});
