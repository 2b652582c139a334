import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { PODS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { LABEL_PIPELINE_TASK, LABEL_TASK_RUN } from '../../shared/tekton/annotations.ts';

export interface LogLine {
  task: string;
  step: string;
  text: string;
}

export interface StepLogOptions {
  client: KubeClient;
  onLine: (line: LogLine) => void;
  /** A step's log that broke off; the run goes on. */
  onError: (step: string, error: unknown) => void;
  signal: AbortSignal;
}

/** Streams each step's log once, from the moment its container has started. */
export class StepLogs {
  readonly #options: StepLogOptions;
  readonly #streams = new Map<string, Promise<void>>();

  constructor(options: StepLogOptions) {
    this.#options = options;
  }

  /** To be called with each state of a TaskRun's Pod. */
  follow(pod: Pod): void {
    for (const status of pod.status?.containerStatuses ?? []) {
      const key = `${pod.metadata.uid}/${status.name}`;
      const started = status.state?.running !== undefined || status.state?.terminated?.startedAt !== undefined;
      if (!status.name.startsWith('step-') || !started || this.#streams.has(key)) continue;
      this.#streams.set(key, this.#stream(pod, status.name));
    }
  }

  /** Resolves when all that was started has been read to its end. */
  async done(): Promise<void> {
    await Promise.all(this.#streams.values());
  }

  async #stream(pod: Pod, container: string): Promise<void> {
    const { client, onLine, onError, signal } = this.#options;
    const { namespace, name, labels } = pod.metadata;
    const task = labels?.[LABEL_PIPELINE_TASK] ?? labels?.[LABEL_TASK_RUN] ?? name ?? '';
    const step = container.replace(/^step-/, '');
    try {
      const path = resourcePath(PODS, { namespace, name, subresource: 'log' });
      for await (const text of await client.stream(path, { query: { container, follow: true }, timeoutMs: 0, signal }))
        onLine({ task, step, text });
    } catch (error) {
      if (!signal.aborted) onError(`${task}/${step}`, error);
    }
  }
}
