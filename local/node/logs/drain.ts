import { setImmediate as afterPoll, setTimeout as delay } from 'node:timers/promises';

import type { OutputReader } from '../entrypoint/pipe.ts';

const IDLE_MS = 1000;
const MAX_ROUNDS = 10;

/**
 * Reads `output` until all its writers have ended. Only a process that left the container may still write after `exited`: then this ends
 * after a second without output, or after ten.
 */
export async function* readUntilOver(output: OutputReader, exited: Promise<unknown>): AsyncGenerator<Buffer> {
  const done = new AbortController();
  let [received, waiting, cut] = [0, true, false];
  const watch = async (): Promise<void> => {
    await exited.catch(() => undefined);
    let before = -1;
    for (let round = 0; round < MAX_ROUNDS && (before !== received || !waiting); round++) {
      before = received;
      await delay(IDLE_MS, undefined, { signal: done.signal });
      await afterPoll(); // This process may have been stopped: output from that time is read first.
    }
    if (done.signal.aborted) return;
    cut = true;
    output.destroy();
  };
  void watch().catch(() => undefined);
  try {
    for await (const chunk of output) {
      received += chunk.length;
      waiting = false;
      yield chunk;
      waiting = true;
    }
  } catch (error) {
    if (!cut) throw error;
  } finally {
    done.abort();
  }
}
