import { LruMap } from '../../../shared/runtime/lru.ts';
import type { LogSource } from '../../viewer/log-place.ts';
import { failuresOf } from '../../viewer/summary/failures.ts';
import type { RunFacts } from '../../viewer/summary/types.ts';
import type { Waterfall } from '../../viewer/waterfall.ts';
import { readTails } from './run-summary.ts';

/** Runs whose logs are kept: those that were asked for last. */
const MAX_RUNS = 500;

interface Known {
  reading: Promise<RunFacts>;
  /** Undefined until they are read. */
  facts?: RunFacts;
}

/** The last lines that the failed containers of ended runs wrote. Each run's are read once, when it is first asked for: its Pods may be gone later. */
export class FailureLogs {
  readonly #logs: LogSource;
  readonly #known = new LruMap<string, Known>(MAX_RUNS);
  readonly #listeners = new Set<(traceId: string) => void>();

  constructor(logs: LogSource) {
    this.#logs = logs;
  }

  /** What has been read of a run by now. What has not is read then, and the listeners are called. */
  now(waterfall: Waterfall): RunFacts {
    return this.#of(waterfall)?.facts ?? {};
  }

  /** Like `now`, but waits until the logs are read. */
  async read(waterfall: Waterfall): Promise<RunFacts> {
    return (await this.#of(waterfall)?.reading) ?? {};
  }

  /** Calls `listener` with the trace's id of a run whose logs were read, until the returned function is called. */
  onChange(listener: (traceId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #of(waterfall: Waterfall): Known | undefined {
    const { traceId, finished } = waterfall;
    const known = this.#known.get(traceId);
    const failures = known || !finished ? [] : failuresOf(waterfall, {});
    if (failures.length === 0) return known;
    const reading = readTails(failures, this.#logs);
    const added: Known = { reading };
    this.#known.set(traceId, added);
    void reading.then((facts) => {
      added.facts = facts;
      for (const listener of [...this.#listeners]) listener(traceId);
    });
    return added;
  }
}
