import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { isNotFound } from '../../shared/kubernetes/errors.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { PODS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { LABEL_PIPELINE_TASK, LABEL_TASK_RUN } from '../../shared/tekton/annotations.ts';
import { isStepContainer, withoutPrefix } from '../../shared/tekton/containers.ts';

/** How long to wait for the last lines of a Pod that is being deleted: its steps may ignore SIGTERM for half a minute. */
const DELETED_WAIT_MS = 1000;

export interface LogLine {
  /** Name of the Pod. Two attempts of a task have two Pods. */
  pod: string;
  task: string;
  step: string;
  text: string;
}

export interface StepLogOptions {
  client: KubeClient;
  /** The next line is read when the returned promise has resolved. */
  onLine: (line: LogLine) => Promise<void> | void;
  /** Gets what has come of a step's line that is not complete: the state of a progress bar. */
  onRest?: (rest: LogLine) => void;
  /** Called after the last line of a step. */
  onEnd?: (pod: string, task: string, step: string) => void;
  /** Called when reading a step's log failed. The run goes on. */
  onError: (step: string, error: unknown) => void;
  signal: AbortSignal;
}

interface FollowedPod {
  pod: Pod;
  /** Wakes the readers that wait for a container to start. */
  wake: () => void;
  changed: Promise<void>;
  read: Promise<void>;
}

const hasStarted = (pod: Pod, container: string): boolean => {
  const state = pod.status?.containerStatuses?.find(({ name }) => name === container)?.state;
  return state?.running !== undefined || state?.terminated?.startedAt !== undefined;
};

/** Reads the steps' logs of Pods: in each Pod one step after the other, in their order. */
export class StepLogs {
  readonly #options: StepLogOptions;
  readonly #pods = new Map<string, FollowedPod>();
  /** True when no newer state of a Pod will come: a container that has not started never will. */
  #final = false;

  constructor(options: StepLogOptions) {
    this.#options = options;
  }

  /** To be called with each state of a TaskRun's Pod. */
  follow(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const known = this.#pods.get(uid);
    if (known) {
      known.pod = pod;
      return known.wake();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const followed: FollowedPod = { pod, wake: resolve, changed: promise, read: Promise.resolve() };
    this.#pods.set(uid, followed);
    followed.read = this.#read(followed);
  }

  /** To be called after the last state of each Pod. Resolves when all logs are read. */
  async done(): Promise<void> {
    this.#final = true;
    const { signal } = this.#options;
    await Promise.all(
      [...this.#pods.values()].map(({ pod, wake, read }) => {
        wake();
        if (pod.metadata.deletionTimestamp === undefined) return read;
        return Promise.race([read, delay(DELETED_WAIT_MS, undefined, { signal }).catch(() => undefined)]);
      }),
    );
  }

  async #read(followed: FollowedPod): Promise<void> {
    const steps = (followed.pod.spec?.containers ?? []).filter(({ name }) => isStepContainer(name));
    for (const { name } of steps) if (await this.#started(followed, name)) await this.#stream(followed.pod, name);
  }

  async #started(followed: FollowedPod, container: string): Promise<boolean> {
    while (!hasStarted(followed.pod, container)) {
      if (this.#final || this.#options.signal.aborted) return false;
      await followed.changed;
      const { promise, resolve } = Promise.withResolvers<void>();
      Object.assign(followed, { changed: promise, wake: resolve });
    }
    return true;
  }

  async #stream(pod: Pod, container: string): Promise<void> {
    const { client, onLine, onRest, onEnd, onError, signal } = this.#options;
    const { namespace, name = '', labels } = pod.metadata;
    const task = labels?.[LABEL_PIPELINE_TASK] ?? labels?.[LABEL_TASK_RUN] ?? name;
    const step = withoutPrefix(container);
    try {
      const path = resourcePath(PODS, { namespace, name, subresource: 'log' });
      const lines = await client.stream(path, {
        query: { container, follow: true },
        pieces: true,
        onRest: (text) => onRest?.({ pod: name, task, step, text }),
        timeoutMs: 0,
        signal,
      });
      for await (const text of lines) await onLine({ pod: name, task, step, text });
    } catch (error) {
      // A deleted Pod has no log any more.
      if (!signal.aborted && !isNotFound(error)) onError(`${task}/${step}`, error);
    } finally {
      onEnd?.(name, task, step);
    }
  }
}
