import { expect, test } from '@jest/globals';

import { createLogger } from '../../../../shared/runtime/log.ts';
import type { LoggerOptions } from '../../../../shared/runtime/log.ts';

function logged(options: LoggerOptions, use: (log: ReturnType<typeof createLogger>) => void): string[] {
  const lines: string[] = [];
  const now = () => new Date('2026-05-01T10:00:00.250Z');
  use(createLogger({ write: (line) => void lines.push(line), now, ...options }));
  return lines;
}

test('JSON is one object a line, with the fields of all loggers above', () => {
  const [line, ...more] = logged({}, (log) => log.child({ a: 1 }).child({ b: 'x\ny' }).info('created', { c: true }));
  expect(more).toEqual([]);
  expect(line?.split('\n')).toHaveLength(2);
  expect(JSON.parse(line ?? '')).toEqual({
    time: '2026-05-01T10:00:00.250Z',
    level: 'info',
    message: 'created',
    a: 1,
    b: 'x\ny',
    c: true,
  });
});

test('text is short, and leaves out what is not there', () => {
  expect(logged({ format: 'text' }, (log) => log.warn('late', { run: 'a', by: undefined, n: 2 }))).toEqual([
    '10:00:00.250 warn  late  run=a n=2\n',
  ]);
});

test('errors are written as their message, without a stack', () => {
  const error = new Error('no answer');
  for (const format of ['json', 'text'] as const) {
    const [line] = logged({ format }, (log) => log.error('failed', { error }));
    expect(line).toContain('no answer');
    expect(line).not.toContain('at ');
  }
});

test('with the level debug the stacks of errors follow', () => {
  const error = Object.assign(new Error('no answer'), { stack: 'Error: no answer\n    at here' });
  const use = (log: ReturnType<typeof createLogger>) => log.warn('failed', { error });
  expect(logged({ level: 'debug', format: 'text' }, use)).toEqual([
    '10:00:00.250 warn  failed  error=no answer\n  Error: no answer\n      at here\n',
  ]);
  const [line = ''] = logged({ level: 'debug' }, use);
  expect(JSON.parse(line)).toMatchObject({ error: 'no answer', stack: error.stack });
});

test('lines below the level are not written', () => {
  const all = (log: ReturnType<typeof createLogger>) =>
    (['debug', 'info', 'warn', 'error'] as const).forEach((level) => log[level](level));
  expect(logged({ level: 'warn', format: 'text' }, all)).toHaveLength(2);
  expect(logged({ level: 'debug', format: 'text' }, all)).toHaveLength(4);
});
