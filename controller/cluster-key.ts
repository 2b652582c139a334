import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../shared/kubernetes/client.ts';
import { NAMESPACES, resourcePath } from '../shared/kubernetes/resources.ts';
import type { KubeObject } from '../shared/kubernetes/types.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { isRefused } from './model/refused.ts';

const RETRY_MS = 1_000;

/**
 * The cluster's identity on every span, constant over restarts: the uid of kube-system. Retries until the API server returns it or `signal` aborts.
 * Throws the API server's refusal.
 */
export async function readClusterKey(client: KubeClient, log: Logger, signal?: AbortSignal): Promise<string> {
  for (;;) {
    try {
      const path = resourcePath(NAMESPACES, { name: 'kube-system' });
      const namespace = await client.request<KubeObject>('GET', path, signal ? { signal } : {});
      return namespace.metadata.uid ?? '';
    } catch (error) {
      if (isRefused(error)) throw error;
      signal?.throwIfAborted();
      log.warn('reading the uid of kube-system, which identifies the cluster, failed, trying again', { error });
      await delay(RETRY_MS, undefined, signal ? { signal } : {});
    }
  }
}
