import { afterEach, expect, test } from '@jest/globals';

import { createLogger } from '../../../../shared/runtime/log.ts';
import { levelBySignal } from '../../../../shared/runtime/log-level.ts';

afterEach(() => void process.removeAllListeners('SIGUSR2'));

test.each([
  ['info', ['debug', 'info', 'debug']],
  ['error', ['debug', 'error', 'debug']],
  ['debug', ['info', 'debug', 'info']],
] as const)('started with %s, each SIGUSR2 switches the level', (started, expected) => {
  const changes: string[] = [];
  const level = levelBySignal(started, (to) => void changes.push(to));
  expect(level()).toBe(started);
  for (let i = 0; i < 3; i++) process.emit('SIGUSR2');
  expect(changes).toEqual(expected);
  expect(level()).toBe(expected[2]);
});

test('loggers that are there follow it, children included', () => {
  const lines: string[] = [];
  const level = levelBySignal('warn', () => undefined);
  const log = createLogger({ level, format: 'text', write: (line) => void lines.push(line) }).child({ part: 'a' });
  log.debug('before');
  process.emit('SIGUSR2');
  log.debug('between');
  process.emit('SIGUSR2');
  log.debug('after');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('between');
});
