import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { isConflict, isNotFound } from '../../../shared/kubernetes/errors.ts';
import { MERGE_PATCH, PODS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import type { Logger } from '../../../shared/runtime/log.ts';
import type { Pod, PodStatus } from '../types.ts';

const RETRY_MS = 200;

/** Writes a Pod's status, the newest only: what changes while a write is under way goes with the next one. */
export class StatusWriter {
  readonly #client: KubeClient;
  readonly #pod: Pod;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  #wanted: PodStatus | undefined;
  #written = '';
  #running: Promise<void> | undefined;

  constructor(client: KubeClient, pod: Pod, log: Logger, signal: AbortSignal) {
    this.#client = client;
    this.#pod = pod;
    this.#log = log;
    this.#signal = signal;
  }

  write(status: PodStatus): void {
    this.#wanted = status;
    this.#running ??= this.#drain();
  }

  /** Resolves once the newest status is written, or can't be any more (the Pod is gone, the node closes). */
  async flush(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#wanted && !this.#signal.aborted) {
      const status = this.#wanted;
      this.#wanted = undefined;
      const text = JSON.stringify(status);
      if (text === this.#written) continue;
      try {
        await this.#patch(status);
        this.#written = text;
      } catch (error) {
        if (this.#signal.aborted) break;
        // Conflict: another Pod of the same name took its place.
        if (isNotFound(error) || isConflict(error)) this.#log.debug('pod is gone, status not written', { error });
        else {
          this.#log.warn('pod status not written, trying again', { error });
          this.#wanted ??= status;
          await delay(RETRY_MS, undefined, { signal: this.#signal }).catch(() => undefined);
        }
      }
    }
    this.#running = undefined;
  }

  async #patch(status: PodStatus): Promise<void> {
    const { namespace, name, uid } = this.#pod.metadata;
    await this.#client.request('PATCH', resourcePath(PODS, { namespace, name, subresource: 'status' }), {
      body: { metadata: { uid }, status },
      contentType: MERGE_PATCH,
      signal: this.#signal,
    });
  }
}
