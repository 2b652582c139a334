import { createLogger } from '../../../../shared/runtime/log.ts';
import type { Logger } from '../../../../shared/runtime/log.ts';

/** A logger, and what was written to it. */
export function logLines(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  return {
    lines,
    log: createLogger({
      now: () => new Date(0),
      write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
    }),
  };
}
