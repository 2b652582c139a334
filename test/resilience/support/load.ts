import { setTimeout as delay } from 'node:timers/promises';

import { threeTasks } from '../../../bench/support/three-tasks.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { isAlreadyExists } from '../../../shared/kubernetes/errors.ts';
import { PIPELINE_RUNS, resourcePath } from '../../../shared/kubernetes/resources.ts';

const RETRY_MS = 200;
/** Longer than any fault of these suites lasts. */
const GIVE_UP_MS = 180_000;
const PATH = resourcePath(PIPELINE_RUNS, { namespace: 'default' });

/** Creates a run, however often it takes. Throws when it can’t be for three minutes. */
export async function createRun(client: KubeClient, name: string): Promise<void> {
  const giveUpAt = Date.now() + GIVE_UP_MS;
  for (let attempts = 1; ; attempts++) {
    try {
      await client.request('POST', PATH, { body: threeTasks(name), timeoutMs: 5_000 });
      return;
    } catch (error) {
      // The answer of an earlier attempt was lost.
      if (isAlreadyExists(error) && attempts > 1) return;
      if (Date.now() > giveUpAt) throw error;
      await delay(RETRY_MS);
    }
  }
}

export interface Load {
  /** Of the runs: `<prefix>-<number>`. */
  names: string[];
  /** Resolves when all are created. */
  created: Promise<void>;
}

/** Creates runs, one every `everyMs`, whatever happens meanwhile. */
export function startLoad(
  client: KubeClient,
  { prefix, runs, everyMs }: { prefix: string; runs: number; everyMs: number },
): Load {
  const names = Array.from({ length: runs }, (_, index) => `${prefix}-${index}`);
  const one = async (name: string, index: number): Promise<void> => {
    await delay(index * everyMs);
    await createRun(client, name);
  };
  const created = Promise.all(names.map(one)).then(() => undefined);
  // It is awaited later.
  created.catch(() => undefined);
  return { names, created };
}
