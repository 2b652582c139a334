import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { isConflict, isNotFound } from '../../../shared/kubernetes/errors.ts';
import { MERGE_PATCH, PODS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import type { Logger } from '../../../shared/runtime/log.ts';
import type { Retry } from '../retry.ts';
import type { Pod, PodStatus } from '../types.ts';

/** Writes a Pod's newest status: changes during a write go with the next one. */
export class StatusWriter {
  readonly #client: KubeClient;
  readonly #pod: Pod;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #retry: Retry;
  #wanted: PodStatus | undefined;
  #written = '';
  #running: Promise<void> | undefined;

  constructor(client: KubeClient, pod: Pod, log: Logger, signal: AbortSignal, retry: Retry) {
    this.#client = client;
    this.#pod = pod;
    this.#log = log;
    this.#signal = signal;
    this.#retry = retry;
  }

  write(status: PodStatus): void {
    this.#wanted = status;
    this.#running ??= this.#drain();
  }

  /** Resolves when the newest status is written, or can't be any more (the Pod is gone, the node closes). */
  async flush(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#wanted && !this.#signal.aborted)
      await this.#retry('pod status not written', this.#log, this.#signal, () => this.#writeNewest());
    this.#running = undefined;
  }

  async #writeNewest(): Promise<void> {
    const status = this.#wanted;
    this.#wanted = undefined;
    const text = JSON.stringify(status);
    if (status === undefined || text === this.#written) return;
    try {
      await this.#patch(status);
      this.#written = text;
    } catch (error) {
      // Conflict: another Pod of the same name took its place.
      if (!this.#signal.aborted && (isNotFound(error) || isConflict(error)))
        return this.#log.debug('pod is gone, status not written', { error });
      this.#wanted ??= status;
      throw error;
    }
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
