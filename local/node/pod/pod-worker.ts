import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { V1Volume } from '@kubernetes/client-node';

import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { isConflict, isNotFound } from '../../../shared/kubernetes/errors.ts';
import { PODS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import type { Logger } from '../../../shared/runtime/log.ts';
import type { ContainerRuntime } from '../container/run-container.ts';
import type { RecordEvent } from '../events.ts';
import { removeTree } from '../remove.ts';
import type { Retry } from '../retry.ts';
import { kubeTime } from '../types.ts';
import type { Pod } from '../types.ts';
import { UnsupportedVolume } from '../volumes/pod-volumes.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import { createRecord } from './container-record.ts';
import { podStatus } from './status.ts';
import type { PodState } from './status.ts';
import { StatusWriter } from './status-writer.ts';
import { ContainerSupervisor } from './supervisor.ts';

const VOLUME_RETRY_MS = { first: 500, max: 122_000 };
const DEFAULT_GRACE_SECONDS = 30;
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface PodWorkerOptions {
  client: KubeClient;
  runtime: ContainerRuntime;
  volumes: PodVolumes;
  /** The Pod's own directories; removed with it. */
  directory: string;
  memoryDirectory: string;
  recordEvent: RecordEvent;
  retry: Retry;
  log: Logger;
}

/** Runs one Pod from its binding to its end, and writes its status. */
export class PodWorker {
  readonly #options: PodWorkerOptions;
  readonly #state: PodState;
  readonly #supervisors: ContainerSupervisor[];
  readonly #status: StatusWriter;
  /** Aborts to end the Pod: waits end, nothing new starts. */
  readonly #ending = new AbortController();
  /** Aborts when nothing may be written any more: the Pod is gone, or the node closes. */
  readonly #gone = new AbortController();
  #deadline: NodeJS.Timeout | undefined;
  #deadlineSeconds: number | undefined;
  #isOver = false;
  #finished: Promise<void> = Promise.resolve();
  #stopping: Promise<void> = Promise.resolve();
  #deleting = false;

  constructor(pod: Pod, options: PodWorkerOptions) {
    const { initContainers = [], containers } = pod.spec;
    const waiting = initContainers.length > 0 ? 'PodInitializing' : 'ContainerCreating';
    const records = [
      ...initContainers.map((spec) =>
        createRecord(spec, spec.restartPolicy === 'Always' ? 'sidecar' : 'init', 'PodInitializing'),
      ),
      ...containers.map((spec) => createRecord(spec, 'main', waiting)),
    ];
    this.#options = options;
    this.#state = {
      pod,
      records,
      startTime: options.runtime.now(),
      sandboxReady: false,
      conditions: pod.status?.conditions ?? [],
    };
    this.#status = new StatusWriter(options.client, pod, options.log, this.#gone.signal, options.retry);
    const { volumes, directory, runtime, recordEvent } = options;
    const shared = {
      pod: () => this.#state.pod,
      volumes,
      directory,
      runtime,
      recordEvent,
      changed: () => this.#publish(),
    };
    this.#supervisors = records.map((record, index) => {
      const containerDirectory = path.join(directory, 'containers', String(index));
      return new ContainerSupervisor({ ...shared, record, containerDirectory });
    });
  }

  get pod(): Pod {
    return this.#state.pod;
  }

  get records(): PodState['records'] {
    return this.#state.records;
  }

  /** Starts the Pod; returns at once. */
  start(): void {
    this.#watchDeadline();
    this.#publish();
    this.#finished = this.#run()
      .catch((error: unknown) => this.#options.log.error('pod could not be run', { error }))
      .finally(() => {
        this.#isOver = true;
        clearTimeout(this.#deadline);
      });
  }

  /** Takes a newer version of the Pod: labels, annotations, images, its deadline, deletion. */
  update(pod: Pod): void {
    this.#state.pod = pod;
    this.#watchDeadline();
    const grace = this.#graceMs();
    const { initContainers = [], containers } = pod.spec;
    const specs = new Map([...initContainers, ...containers].map((spec) => [spec.name, spec]));
    for (const supervisor of this.#supervisors) {
      const spec = specs.get(supervisor.record.spec.name);
      if (spec)
        void supervisor
          .update(spec, grace)
          .catch((error: unknown) => this.#warn('container could not be replaced', error));
    }
    void this.#options.volumes
      .follow(pod)
      .catch((error: unknown) => this.#warn('downward API files could not be updated', error));
    if (pod.metadata.deletionTimestamp !== undefined) this.#delete(grace);
  }

  /** Ends the Pod at once and removes its directories. Writes nothing any more. */
  async abandon(): Promise<void> {
    this.#gone.abort(new Error('the Pod is gone'));
    await this.#end(0);
    await this.#finished;
    await this.#removeDirectories();
  }

  #warn(message: string, error: unknown): void {
    this.#options.log.warn(message, { error });
  }

  #graceMs(): number {
    const { deletionGracePeriodSeconds } = this.pod.metadata;
    return (deletionGracePeriodSeconds ?? this.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
  }

  #publish(): void {
    const status = podStatus(this.#state, this.#options.runtime.now());
    this.#state.conditions = status.conditions ?? [];
    this.#status.write(status);
  }

  async #run(): Promise<void> {
    await this.#setUpVolumes();
    this.#state.sandboxReady = !this.#ending.signal.aborted;
    this.#publish();
    if (await this.#initialize()) await this.#runMains();
    await this.#stopAll(this.#supervisors.filter(({ record }) => record.kind === 'sidecar').reverse(), this.#graceMs());
    await this.#stopping;
    this.#markLost();
    this.#publish();
    await this.#status.flush();
    if (!this.#deleting) await this.#removeVolumes();
  }

  async #setUpVolumes(): Promise<void> {
    for (const volume of this.pod.spec.volumes ?? []) await this.#setUpVolume(volume);
  }

  async #setUpVolume(volume: V1Volume): Promise<void> {
    for (
      let waitMs = VOLUME_RETRY_MS.first;
      !this.#ending.signal.aborted;
      waitMs = Math.min(waitMs * 2, VOLUME_RETRY_MS.max)
    ) {
      try {
        await this.#options.volumes.setUp(this.pod, volume);
        return this.#waitFor(undefined);
      } catch (error) {
        const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${(error as Error).message}`;
        this.#options.recordEvent(this.pod, { type: 'Warning', reason: 'FailedMount', message });
        if (error instanceof UnsupportedVolume) return this.#refuse({ reason: 'FailedMount', message });
        this.#waitFor(message);
        await delay(waitMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
      }
    }
  }

  /** Says in each container's status what it waits for. A kubelet has it only in Events; from the status upstream's condition gets it. */
  #waitFor(message: string | undefined): void {
    const waiting = this.records.map(({ state }) => state.waiting).filter((state) => state !== undefined);
    if (waiting.every((state) => state.message === message)) return;
    for (const state of waiting) {
      delete state.message;
      if (message !== undefined) state.message = message;
    }
    this.#publish();
  }

  /** Ends the Pod, which can't run on this node. */
  #refuse(verdict: { reason: string; message: string }): void {
    this.#state.verdict = verdict;
    this.#ending.abort();
  }

  /** Runs init containers in order; sidecars among them need only to start. False if the Pod must not go on. */
  async #initialize(): Promise<boolean> {
    for (const supervisor of this.#supervisors.filter(({ record }) => record.kind !== 'main')) {
      if (this.#ending.signal.aborted) return false;
      const done = supervisor.run();
      if (supervisor.record.kind === 'sidecar') await supervisor.firstStart;
      else {
        await done;
        if (supervisor.record.state.terminated?.exitCode !== 0) return false;
      }
    }
    return !this.#ending.signal.aborted;
  }

  async #runMains(): Promise<void> {
    await Promise.all(
      this.#supervisors.filter(({ record }) => record.kind === 'main').map((supervisor) => supervisor.run()),
    );
  }

  async #stopAll(supervisors: ContainerSupervisor[], graceMs: number): Promise<void> {
    await Promise.all(supervisors.map((supervisor) => supervisor.stop(graceMs)));
  }

  #end(graceMs: number): Promise<void> {
    this.#ending.abort();
    const stopped = this.#stopAll(this.#supervisors, graceMs);
    this.#stopping = Promise.all([this.#stopping, stopped]).then(() => undefined);
    return this.#stopping;
  }

  /** As a kubelet's, the deadline counts from the Pod's start, and may be set or made shorter while it runs. */
  #watchDeadline(): void {
    const { activeDeadlineSeconds: seconds } = this.pod.spec;
    if (seconds === undefined || seconds === this.#deadlineSeconds || this.#isOver) return;
    this.#deadlineSeconds = seconds;
    clearTimeout(this.#deadline);
    const ranMs = this.#options.runtime.now().getTime() - this.#state.startTime.getTime();
    const leftMs = Math.max(0, seconds * 1000 - ranMs);
    this.#deadline = setTimeout(() => this.#exceedDeadline(), Math.min(leftMs, MAX_TIMER_MS));
  }

  #exceedDeadline(): void {
    this.#state.verdict = {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
    this.#options.recordEvent(this.pod, { type: 'Normal', ...this.#state.verdict });
    this.#publish();
    void this.#end(this.#graceMs()).catch((error: unknown) => this.#warn('containers could not be ended', error));
  }

  /** The kubelet's status for containers that never ran in an initialized Pod that ends. */
  #markLost(): void {
    const { records } = this.#state;
    const initialized = records.every(({ kind, state }) => kind !== 'init' || state.terminated?.exitCode === 0);
    if (!this.#ending.signal.aborted || !initialized) return;
    for (const record of records.filter(({ state }) => state.waiting)) {
      const time = kubeTime(this.#options.runtime.now());
      const message = 'The container could not be located when the pod was terminated';
      record.state = {
        terminated: {
          exitCode: 137,
          reason: 'ContainerStatusUnknown',
          message,
          startedAt: time,
          finishedAt: time,
          containerID: record.containerID ?? '',
        },
      };
    }
  }

  #delete(graceMs: number): void {
    const stopped = this.#end(graceMs);
    if (this.#deleting) return;
    this.#deleting = true;
    const remove = async (): Promise<void> => {
      await stopped;
      await this.#finished;
      // The node's end removes the rest: the Pod must not stay for it.
      await this.#removeVolumes().catch((error: unknown) => this.#warn('volumes could not be removed', error));
      await this.#confirmDeletion();
    };
    void remove().catch((error: unknown) => this.#warn('pod could not be deleted', error));
  }

  /** Reports to the API server that the Pod has ended. */
  async #confirmDeletion(): Promise<void> {
    const { namespace, name, uid } = this.pod.metadata;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
    const { client, log, retry } = this.#options;
    await retry('pod could not be deleted', log, this.#gone.signal, async () => {
      try {
        await client.request('DELETE', resourcePath(PODS, { namespace, name }), { body, signal: this.#gone.signal });
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
    });
  }

  /** The logs stay until the Pod is gone. */
  async #removeVolumes(): Promise<void> {
    const { directory, memoryDirectory, volumes } = this.#options;
    await volumes.close();
    for (const place of [`${directory}/volumes`, `${directory}/containers`, memoryDirectory]) await removeTree(place);
  }

  async #removeDirectories(): Promise<void> {
    await this.#removeVolumes();
    await removeTree(this.#options.directory);
  }
}
