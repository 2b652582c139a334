import type { LogLevel } from './log.ts';

/**
 * The level of a process's log, which SIGUSR2 switches from now on: to `debug`, and back to the level it was `started` with (to `info` if that is
 * `debug`). `changed` is called with each new level.
 */
export function levelBySignal(started: LogLevel, changed: (level: LogLevel) => void): () => LogLevel {
  const other = started === 'debug' ? 'info' : 'debug';
  let level = started;
  process.on('SIGUSR2', () => {
    level = level === started ? other : started;
    changed(level);
  });
  return () => level;
}
