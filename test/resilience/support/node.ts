import { setTimeout as delay } from 'node:timers/promises';

import { statusesOf } from '../../../bench/support/paced-node.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { isNotFound } from '../../../shared/kubernetes/errors.ts';
import type { Pod } from '../../../shared/kubernetes/pod.ts';
import { Reflector } from '../../../shared/kubernetes/reflector.ts';
import { MERGE_PATCH, PODS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';

const RETRY_MS = 250;

export interface SteadyNode {
  stop(): Promise<void>;
}

/**
 * Plays scheduler and kubelet for every Pod, through everything that happens to its API server: a status that was not taken is written again
 * until it is. Between two of a Pod's statuses `stepMs` pass.
 */
export async function startSteadyNode(client: KubeClient, stepMs: number): Promise<SteadyNode> {
  const stop = new AbortController();
  const { signal } = stop;
  const playing = new Set<Promise<void>>();
  const failures: unknown[] = [];

  /** False when the Pod is gone. */
  async function write({ metadata: { namespace, name } }: Pod, status: object): Promise<boolean> {
    const path = resourcePath(PODS, { namespace, name, subresource: 'status' });
    for (;;) {
      try {
        await client.request('PATCH', path, { body: { status }, contentType: MERGE_PATCH, signal });
        return true;
      } catch (error) {
        signal.throwIfAborted();
        if (isNotFound(error)) return false;
        await delay(RETRY_MS, undefined, { signal });
      }
    }
  }

  async function play(pod: Pod): Promise<void> {
    for (const status of statusesOf(pod, () => new Date())) {
      await delay(stepMs, undefined, { signal });
      if (!(await write(pod, status()))) return;
    }
  }

  const reflector = new Reflector<Pod>({ client, resource: PODS, log: silentLogger });
  reflector.addHandler({
    added: (pod) => {
      const played = play(pod).catch((error: unknown) => {
        if (!signal.aborted) failures.push(error);
      });
      playing.add(played);
      void played.finally(() => playing.delete(played));
    },
    updated: () => undefined,
    deleted: () => undefined,
  });
  const ran = reflector.run(signal);
  await reflector.synced;
  return {
    stop: async () => {
      stop.abort();
      await Promise.all([ran, ...playing]);
      if (failures.length > 0) throw new AggregateError(failures, 'the node failed');
    },
  };
}
