import { setTimeout as delay } from 'node:timers/promises';

/** A source that gives nothing for so long is read up to now. */
const QUIET_MS = 20;
/** A source that never is quiet is sent this often. */
const BUSY_MS = 250;

/** What was read and not yet taken: the newest bytes, whole chunks. */
class Tail {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #dropped = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes > this.#maxBytes && this.#chunks.length > 1) {
      const { length } = this.#chunks.shift() ?? { length: 0 };
      this.#bytes -= length;
      this.#dropped += length;
    }
  }

  take(): { content: Buffer; dropped: number } | undefined {
    if (this.#chunks.length === 0) return undefined;
    const taken = { content: Buffer.concat(this.#chunks), dropped: this.#dropped };
    [this.#chunks, this.#bytes, this.#dropped] = [[], 0, 0];
    return taken;
  }
}

/**
 * Reads ahead, and gives the newest `maxBytes` of what has come: a long log is not sent whole to someone who sees its end. `dropped` counts the
 * bytes that were left out before `content`. An error of the source comes after what was read before it.
 */
export async function* newest(
  source: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<{ content: Buffer; dropped: number }> {
  const tail = new Tail(maxBytes);
  const state = { ended: false, lastMs: Date.now() };
  let wake = Promise.withResolvers<void>();
  const read = async (): Promise<void> => {
    for await (const chunk of source) {
      tail.push(chunk);
      state.lastMs = Date.now();
      wake.resolve();
    }
  };
  const reading = read().finally(() => {
    state.ended = true;
    wake.resolve();
  });
  // It is awaited at the end.
  reading.catch(() => undefined);
  for (;;) {
    await wake.promise;
    wake = Promise.withResolvers();
    const untilMs = Date.now() + BUSY_MS;
    while (!state.ended && Date.now() < untilMs && Date.now() - state.lastMs < QUIET_MS) {
      await delay(QUIET_MS);
    }
    const taken = tail.take();
    if (taken) yield taken;
    if (!state.ended) continue;
    const rest = tail.take();
    if (rest) yield rest;
    return await reading;
  }
}
