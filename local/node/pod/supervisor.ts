import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { V1Container } from '@kubernetes/client-node';

import { runProbes } from '../container/probe.ts';
import type { ProbeKind } from '../container/probe.ts';
import { createContainer, CreateError } from '../container/run-container.ts';
import type { ContainerRuntime, CreatedContainer } from '../container/run-container.ts';
import type { RecordEvent } from '../events.ts';
import { isNop } from '../images.ts';
import type { Exit, RunningContainer } from '../isolation/isolation.ts';
import { describePod, kubeTime } from '../types.ts';
import type { Pod, TerminatedState } from '../types.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import { fieldPath } from './container-record.ts';
import type { ContainerRecord } from './container-record.ts';

/** As the kubelet: at once, then 10 s doubled up to 5 min. */
const BACKOFF_MS = { first: 10_000, max: 300_000 };
const DEFAULT_GRACE_SECONDS = 30;
const CONFIG_RETRY_MS = { first: 500, max: 10_000 };
/** A runtime's exit code if the command could not be started. */
const START_ERROR = { exitCode: 128, reason: 'StartError', startedAt: '1970-01-01T00:00:00Z' };
/** The kubelet's exit code for a container with unknown end. */
const UNKNOWN_END = { exitCode: 137, reason: 'ContainerStatusUnknown' };

export interface SupervisorOptions {
  record: ContainerRecord;
  /** The Pod as it is now. */
  pod: () => Pod;
  volumes: PodVolumes;
  /** The Pod's. */
  directory: string;
  containerDirectory: string;
  runtime: ContainerRuntime;
  recordEvent: RecordEvent;
  /** Called after each change of the record. */
  changed: () => void;
}

/** Runs one container of a Pod: creates, starts, watches and restarts it by the Pod's policy, until its end. */
export class ContainerSupervisor {
  readonly record: ContainerRecord;
  readonly #options: SupervisorOptions;
  readonly #stop = new AbortController();
  #running: RunningContainer | undefined;
  #replace = false;
  #done: Promise<void> = Promise.resolve();
  #markStarted: () => void = () => undefined;
  /** Resolves when the container runs for the first time, or never will. */
  readonly firstStart: Promise<void>;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.record = options.record;
    this.firstStart = new Promise((resolve) => (this.#markStarted = resolve));
  }

  /** Resolves when the container has ended and will not restart. */
  run(): Promise<void> {
    this.#done = this.#supervise().finally(() => this.#markStarted());
    return this.#done;
  }

  /** Takes a changed spec: as in the kubelet, a running container with a new image restarts. */
  async update(spec: V1Container, graceMs: number): Promise<void> {
    if (spec.image === this.record.spec.image) return;
    this.record.spec = spec;
    if (!this.#running) return;
    this.#replace = true;
    await this.#end(`Container ${spec.name} definition changed, will be restarted`, graceMs);
  }

  /** Ends the container, and kills it after the grace period. Resolves at its end. It does not restart. */
  async stop(graceMs: number): Promise<void> {
    const first = !this.#stop.signal.aborted;
    this.#stop.abort();
    await this.#end(first ? `Stopping container ${this.record.spec.name}` : undefined, graceMs);
    await this.#done;
  }

  async #end(message: string | undefined, graceMs: number): Promise<void> {
    const running = this.#running;
    if (!running) return;
    if (message !== undefined) this.#event('Normal', 'Killing', message);
    const over = new AbortController();
    const ended = running.exited.finally(() => over.abort());
    const asked = graceMs > 0 ? running.terminate(over.signal) : undefined;
    const waited = delay(graceMs, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.all([asked, waited.then(() => over.abort())]);
    running.kill();
    await ended;
  }

  async #supervise(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      if (isNop(this.record.spec.image ?? '')) return this.#completeAtOnce();
      const created = await this.#create();
      if (!created) return;
      await this.#runOnce(created);
      const exitCode = this.record.state.terminated?.exitCode ?? 0;
      if (this.#replace) {
        this.#replace = false;
        this.#prepareRestart();
      } else if (!this.#shouldRestart(exitCode)) return;
      else if (!(await this.#backOff(failures++))) return;
    }
  }

  #shouldRestart(exitCode: number): boolean {
    if (this.#stop.signal.aborted) return false;
    if (this.record.kind === 'sidecar') return true;
    const policy = this.#options.pod().spec.restartPolicy ?? 'Always';
    if (this.record.kind === 'init') return policy !== 'Never' && exitCode !== 0;
    return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
  }

  #prepareRestart(): void {
    const { record } = this;
    record.lastState = record.state;
    record.restartCount++;
    record.ready = false;
    record.started = false;
  }

  /** Waits before a restart. False if the container must stop instead. */
  async #backOff(failures: number): Promise<boolean> {
    const { record } = this;
    const ended = record.state;
    const waitMs = failures === 0 ? 0 : Math.min(BACKOFF_MS.first * 2 ** (failures - 1), BACKOFF_MS.max);
    if (waitMs > 0) {
      const pod = this.#options.pod();
      record.lastState = ended;
      record.state = {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off ${waitMs / 1000}s restarting failed container=${record.spec.name} pod=${describePod(pod)}`,
        },
      };
      this.#event(
        'Warning',
        'BackOff',
        `Back-off restarting failed container ${record.spec.name} in pod ${describePod(pod)}`,
      );
      this.#options.changed();
      await this.#pause(waitMs);
    }
    if (this.#stop.signal.aborted) return false;
    record.state = ended;
    this.#prepareRestart();
    return true;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  /** Creates the container; retries while its configuration is missing. Undefined if stopped meanwhile. */
  async #create(): Promise<CreatedContainer | undefined> {
    const { record } = this;
    const { directory, containerDirectory, volumes, runtime, pod } = this.#options;
    const logFile = path.join(directory, 'logs', `${record.spec.name}-${record.restartCount}.log`);
    for (let waitMs = CONFIG_RETRY_MS.first; ; waitMs = Math.min(waitMs * 2, CONFIG_RETRY_MS.max)) {
      try {
        return await createContainer(record, pod(), volumes, containerDirectory, logFile, runtime);
      } catch (error) {
        const reason = error instanceof CreateError ? error.reason : 'CreateContainerError';
        const message = (error as Error).message;
        this.#event('Warning', 'Failed', `Error: ${message}`);
        record.state = { waiting: { reason, message } };
        this.#options.changed();
        await this.#pause(waitMs);
        if (this.#stop.signal.aborted) return undefined;
      }
    }
  }

  async #runOnce(created: CreatedContainer): Promise<void> {
    const { record } = this;
    const { now } = this.#options.runtime;
    record.containerID = `tektrace://${created.id}`;
    record.log = created.log;
    this.#event('Normal', 'Created', 'Container created');
    try {
      this.#running = await created.start();
    } catch (error) {
      await created.log.end();
      this.#event('Warning', 'Failed', `Error: ${(error as Error).message}`);
      return this.#terminated({ ...START_ERROR, message: (error as Error).message });
    }
    const startedAt = kubeTime(now());
    this.#event('Normal', 'Started', 'Container started');
    record.state = { running: { startedAt } };
    record.started = record.spec.startupProbe === undefined;
    record.ready = record.kind !== 'init' && record.started && record.spec.readinessProbe === undefined;
    if (record.started) this.#markStarted();
    this.#options.changed();
    if (this.#stop.signal.aborted) this.#running.kill(); // Stopped between its creation and now.
    const probing = this.#probe(this.#running);
    let end: Exit & { message: string };
    try {
      end = await created.wait(this.#running);
    } catch (error) {
      this.#running.kill();
      const message = `The end of the container could not be observed: ${(error as Error).message}`;
      this.#event('Warning', 'Failed', `Error: ${message}`);
      return this.#terminated({ ...UNKNOWN_END, startedAt, message });
    } finally {
      this.#running = undefined;
      await probing.stop();
    }
    const { exitCode, message } = end;
    this.#terminated({ exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt, message });
  }

  #probe(running: RunningContainer): { stop(): Promise<void> } {
    const end = new AbortController();
    const report = {
      settled: (kind: ProbeKind, passed: boolean) => this.#probed(kind, passed),
      failed: (_: ProbeKind, message: string) => this.#event('Warning', 'Unhealthy', message),
    };
    const done = runProbes(this.record.spec, running, report, end.signal);
    return {
      stop: async () => {
        end.abort();
        await done;
      },
    };
  }

  #probed(kind: ProbeKind, passed: boolean): void {
    const { record } = this;
    if (kind === 'Readiness') record.ready = passed;
    else if (kind === 'Startup' && passed) {
      record.started = true;
      record.ready = record.spec.readinessProbe === undefined;
      this.#markStarted();
    } else if (!passed) {
      const message = `Container ${record.spec.name} failed ${kind.toLowerCase()} probe, will be restarted`;
      const graceMs = (this.#options.pod().spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
      void this.#end(message, graceMs).catch((error: unknown) =>
        this.#event('Warning', 'FailedKillPod', `error killing container: ${(error as Error).message}`),
      );
    }
    this.#options.changed();
  }

  #terminated(end: Omit<TerminatedState, 'finishedAt' | 'containerID'>): void {
    const { record } = this;
    const { message, ...rest } = end;
    record.state = {
      terminated: {
        ...rest,
        ...(message ? { message } : {}),
        finishedAt: kubeTime(this.#options.runtime.now()),
        containerID: record.containerID ?? '',
      },
    };
    record.started = false;
    record.ready = record.kind === 'init' && end.exitCode === 0;
    if (!this.#replace) this.#options.changed(); // It is being replaced: the Pod does not end by this.
  }

  /** Tekton's nop image does nothing and exits with 0. */
  #completeAtOnce(): void {
    this.#terminated({ exitCode: 0, reason: 'Completed', startedAt: kubeTime(this.#options.runtime.now()) });
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#options.recordEvent(this.#options.pod(), { type, reason, message, fieldPath: fieldPath(this.record) });
  }
}
