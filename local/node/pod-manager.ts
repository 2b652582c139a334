import path from 'node:path';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { ReflectorHandler } from '../../shared/kubernetes/reflector.ts';
import { resourcePath, SERVICE_ACCOUNTS } from '../../shared/kubernetes/resources.ts';
import type { Store } from '../../shared/kubernetes/store.ts';
import { objectKey } from '../../shared/kubernetes/types.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { ContainerRuntime } from './container/run-container.ts';
import type { RecordEvent } from './events.ts';
import type { DepartedLogs } from './logs/departed-logs.ts';
import type { ContainerRecord } from './pod/container-record.ts';
import { PodWorker } from './pod/pod-worker.ts';
import type { Claim, Provisioner } from './provisioner.ts';
import { createRetry } from './retry.ts';
import { unschedulable } from './scheduler.ts';
import type { Scheduler } from './scheduler.ts';
import type { Pod } from './types.ts';
import { PodVolumes } from './volumes/pod-volumes.ts';

export interface PodManagerOptions {
  client: KubeClient;
  nodeName: string;
  rootDir: string;
  memoryDir: string;
  allowHostPath: boolean;
  runtime: ContainerRuntime;
  provisioner: Provisioner;
  scheduler: Scheduler;
  claims: Store<Claim>;
  pods: Store<Pod>;
  recordEvent: RecordEvent;
  departed: DepartedLogs;
  log: Logger;
}

const ended = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Watches the API server: schedules Pods, and keeps one worker per Pod of this node. */
export class PodManager {
  readonly #options: PodManagerOptions;
  readonly #retry = createRetry();
  /** The number of the newest Pod's directory. */
  #lastDirectory = 0;
  readonly #workers = new Map<string, PodWorker>();
  readonly #binding = new Set<string>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: PodManagerOptions) {
    this.#options = options;
  }

  readonly podHandler: ReflectorHandler<Pod> = {
    added: (pod) => this.#follow(pod),
    updated: (pod) => this.#follow(pod),
    deleted: (pod) => this.#forget(pod),
  };

  readonly claimHandler: ReflectorHandler<Claim> = {
    added: (claim) => this.#claim(claim),
    updated: (claim) => this.#claim(claim),
    deleted: (claim) => this.#task('claim could not be removed', this.#options.provisioner.remove(claim)),
  };

  /** The containers of an existing Pod of this node. */
  records(namespace: string, name: string): ContainerRecord[] | undefined {
    return [...this.#workers.values()].find(
      ({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name,
    )?.records;
  }

  /** Ends all Pods at once. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#workers.values()].map((worker) => worker.abandon()));
    this.#workers.clear();
    await Promise.all(this.#tasks);
  }

  #task(failure: string, work: Promise<void>, fields: Record<string, unknown> = {}): void {
    const task = work
      .catch((error: unknown) => this.#options.log.warn(failure, { ...fields, error }))
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  #follow(pod: Pod): void {
    const worker = this.#workers.get(pod.metadata.uid ?? '');
    if (this.#closing.signal.aborted) return;
    if (worker) {
      const wasEnded = ended(worker.pod);
      worker.update(pod);
      if (ended(pod) && !wasEnded) this.#scheduleWaiting();
    } else if (pod.spec.nodeName === this.#options.nodeName) this.#run(pod);
    else if (pod.spec.nodeName === undefined || pod.spec.nodeName === '') this.#schedule(pod);
  }

  #schedule(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const ready =
      pod.metadata.deletionTimestamp === undefined && !ended(pod) && (pod.spec.schedulingGates ?? []).length === 0;
    if (!ready || this.#binding.has(uid)) return;
    const { claims, scheduler, nodeName, log } = this.#options;
    const problem = unschedulable(pod, this.#occupants(), nodeName, (key) => claims.get(key) !== undefined);
    const fields = { pod: objectKey(pod.metadata) };
    if (problem !== undefined)
      return this.#task('pod could not be marked unschedulable', scheduler.refuse(pod, problem), fields);
    this.#binding.add(uid);
    // No other event would bind it later.
    const bound = this.#retry('pod could not be bound', log.child(fields), this.#closing.signal, () =>
      scheduler.bind(pod),
    );
    this.#task('pod could not be bound', bound, fields);
  }

  /** Pods that use this machine's ports: running ones, and those just bound. */
  #occupants(): Pod[] {
    return this.#options.pods
      .list()
      .filter(
        (pod) =>
          (this.#binding.has(pod.metadata.uid ?? '') || pod.spec.nodeName === this.#options.nodeName) && !ended(pod),
      );
  }

  #scheduleWaiting(): void {
    for (const pod of this.#options.pods.list()) if (!pod.spec.nodeName) this.#schedule(pod);
  }

  #claim(claim: Claim): void {
    this.#task('claim could not be bound', this.#options.provisioner.bind(claim), { claim: objectKey(claim.metadata) });
    this.#scheduleWaiting();
  }

  #run(pod: Pod): void {
    if (ended(pod)) return;
    const { client, rootDir, memoryDir, allowHostPath, runtime, provisioner, recordEvent, log } = this.#options;
    const uid = pod.metadata.uid ?? '';
    // Short names: without namespaces they are in all paths of the container, and a socket's path is limited to 107 characters
    // (unix(7)).
    const directory = path.join(rootDir, 'pods', String(++this.#lastDirectory));
    const memoryDirectory = path.join(memoryDir, uid);
    const volumes = new PodVolumes({
      directory: path.join(directory, 'volumes'),
      memoryDirectory,
      allowHostPath,
      mayGiveAway: runtime.rights.switchUsers,
      objects: runtime.objects,
      claimDirectory: (namespace, name) => provisioner.directory(namespace, name),
      serviceAccountToken: (owner, audience, seconds) => this.#token(owner, audience, seconds),
    });
    const fields = { pod: objectKey(pod.metadata) };
    const worker = new PodWorker(pod, {
      client,
      runtime,
      volumes,
      directory,
      memoryDirectory,
      recordEvent,
      retry: this.#retry,
      log: log.child(fields),
    });
    this.#workers.set(uid, worker);
    worker.start();
    if (pod.metadata.deletionTimestamp !== undefined) worker.update(pod);
  }

  #forget(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const worker = this.#workers.get(uid);
    this.#workers.delete(uid);
    this.#binding.delete(uid);
    if (worker) this.#task('pod could not be cleaned up', this.#cleanUp(worker), { pod: objectKey(pod.metadata) });
    this.#scheduleWaiting();
  }

  async #cleanUp(worker: PodWorker): Promise<void> {
    const { namespace = '', name = '' } = worker.pod.metadata;
    await this.#options.departed.keep(namespace, name, worker.records);
    await worker.abandon();
  }

  async #token(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<string> {
    const { namespace } = pod.metadata;
    const name = pod.spec.serviceAccountName ?? 'default';
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds, ...(audience === undefined ? {} : { audiences: [audience] }) },
    };
    try {
      const path = resourcePath(SERVICE_ACCOUNTS, { namespace, name, subresource: 'token' });
      const answer = await this.#options.client.request<{ status: { token: string } }>('POST', path, { body });
      return answer.status.token;
    } catch (error) {
      throw new Error(`failed to fetch token: ${(error as Error).message}`, { cause: error });
    }
  }
}
