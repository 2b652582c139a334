import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { Reflector } from '../../shared/kubernetes/reflector.ts';
import { PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isSuccessful } from '../../shared/tekton/conditions.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import type { Pace } from '../support/paced-node.ts';
import { unlessAborted } from '../support/ends-with-signal.ts';
import { threeTasks } from '../support/three-tasks.ts';

export interface Load {
  /** Names the runs: `<name>-<number>`. */
  name: string;
  runs: number;
  /** Milliseconds from one run's creation to the next one's; 0: all at once. */
  everyMs: number;
  /** How many controllers work at once, as two leaders would. Default 1. */
  controllers?: number;
}

const STOP_TIMEOUT_MS = 300_000;
const PENDING_MS = { min: 150, spread: 1200 };
const RUNNING_MS = { min: 200, spread: 2000 };

/** The same Pod takes the same time in every measurement. */
export function paceOf({ metadata }: Pod): Pace {
  const [pending = 0, running = 0] = createHash('sha256')
    .update(metadata.name ?? '')
    .digest();
  const part = ({ min, spread }: { min: number; spread: number }, byte: number): number => min + (spread * byte) / 255;
  return { pendingMs: part(PENDING_MS, pending), runningMs: part(RUNNING_MS, running) };
}

/** Creates the runs, and resolves when the mark is on all of them. Throws when one does not succeed, takes longer than five minutes, or `signal` aborts. */
export async function runAll(client: KubeClient, { name, runs, everyMs }: Load, signal: AbortSignal): Promise<void> {
  const path = resourcePath(PIPELINE_RUNS, { namespace: 'default' });
  const watch = new AbortController();
  const open = new Set(Array.from({ length: runs }, (_, index) => `${name}-${index}`));
  const done = Promise.withResolvers<void>();
  const seen = (run: PipelineRun): void => {
    const { uid, annotations, name: runName = '' } = run.metadata;
    if (annotations?.[TRACE_EXPORTED] !== uid || !open.delete(runName)) return;
    if (!isSuccessful(run)) done.reject(new Error(`${runName} failed: ${JSON.stringify(run.status?.conditions)}`));
    if (open.size === 0) done.resolve();
  };
  const reflector = new Reflector<PipelineRun>({ client, resource: PIPELINE_RUNS, log: silentLogger });
  reflector.addHandler({ added: seen, updated: seen, deleted: () => undefined });
  const watched = reflector.run(watch.signal);
  await reflector.synced;
  const late = setTimeout(
    () => done.reject(new Error(`not done after ${STOP_TIMEOUT_MS} ms: ${[...open].join(', ')}`)),
    STOP_TIMEOUT_MS + runs * everyMs,
  );
  try {
    const created = [...open].map(async (runName, index) => {
      await delay(index * everyMs, undefined, { signal });
      await client.request('POST', path, { body: threeTasks(runName), signal });
    });
    await unlessAborted(signal, Promise.all([...created, done.promise]));
  } finally {
    clearTimeout(late);
    watch.abort();
    await watched;
  }
}

/** Counts one more of the kind. */
export function add(counts: Map<string, number>, kind: string): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

/** The run that an object belongs to: TaskRuns, Pods and Events have its name at their beginning. */
export function runOf(objectName: string, { name }: Load): string | undefined {
  return new RegExp(`^${name}-\\d+(?=$|[-.])`).exec(objectName)?.[0];
}
