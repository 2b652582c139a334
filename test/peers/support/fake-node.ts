import type { V1ContainerStatus, V1Pod, V1PodStatus } from '@kubernetes/client-node';

import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { isConflict, isNotFound } from '../../../shared/kubernetes/errors.ts';
import { Reflector } from '../../../shared/kubernetes/reflector.ts';
import { MERGE_PATCH, PODS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';
import { LABEL_PIPELINE_TASK, POD_READY } from '../../../shared/tekton/annotations.ts';

type Pod = KubeObject & V1Pod;

/** How a step ends: its exit code and the Task results it writes. */
export interface StepEnd {
  exitCode?: number;
  results?: Record<string, string>;
}

export interface FakeNodeOptions {
  /** The administrator's. */
  client: KubeClient;
  /** By `<pipeline task>/<step container>`; a step that is not named ends well, without results. */
  steps?: Record<string, StepEnd>;
}

export interface FakeNode {
  /** Pods that were run, by name. */
  pods: Map<string, V1Pod>;
  stop(): Promise<void>;
}

/** The kubelet writes whole seconds. */
const seconds = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

function running(pod: Pod): V1PodStatus {
  const now = seconds();
  const condition = (type: string): object => ({ type, status: 'True', lastTransitionTime: now });
  const ended = { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now };
  const status = (container: { name: string; image?: string }): object => ({
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    restartCount: 0,
  });
  return {
    phase: 'Running',
    startTime: now,
    conditions: [condition('PodScheduled'), condition('Initialized'), condition('Ready')],
    initContainerStatuses: (pod.spec?.initContainers ?? []).map((container) => ({
      ...status(container),
      ready: true,
      state: { terminated: ended },
    })),
    containerStatuses: (pod.spec?.containers ?? []).map((container) => ({
      ...status(container),
      ready: true,
      state: { running: { startedAt: now } },
    })),
  } as unknown as V1PodStatus;
}

/** What the entrypoint writes: its own start, with milliseconds, and the results. */
function terminationMessage({ results = {} }: StepEnd): string {
  const started = { key: 'StartedAt', value: new Date().toISOString(), type: 3 };
  return JSON.stringify([...Object.entries(results).map(([key, value]) => ({ key, value, type: 1 })), started]);
}

function ended(pod: Pod, steps: Record<string, StepEnd>): V1PodStatus {
  const task = pod.metadata.labels?.[LABEL_PIPELINE_TASK] ?? '';
  const containerStatuses = (pod.status?.containerStatuses ?? []).map((status): V1ContainerStatus => {
    const end = steps[`${task}/${status.name}`] ?? {};
    const { exitCode = 0 } = end;
    const terminated = {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      message: terminationMessage(end),
      startedAt: status.state?.running?.startedAt,
      finishedAt: seconds(),
    };
    return { ...status, ready: false, state: { terminated } } as unknown as V1ContainerStatus;
  });
  const failed = containerStatuses.some(({ state }) => state?.terminated?.exitCode !== 0);
  return { phase: failed ? 'Failed' : 'Succeeded', containerStatuses };
}

const waitsForReady = (pod: Pod): boolean => pod.spec?.containers[0]?.args?.includes('-wait_file_content') ?? false;

/** What comes next for a Pod; undefined when it is done or has to wait. */
function nextStatus(pod: Pod, steps: Record<string, StepEnd>): V1PodStatus | undefined {
  const { phase } = pod.status ?? {};
  if (pod.metadata.deletionTimestamp !== undefined) return undefined;
  if (phase === 'Pending') return running(pod);
  const ready = !waitsForReady(pod) || pod.metadata.annotations?.[POD_READY] !== undefined;
  return phase === 'Running' && ready ? ended(pod, steps) : undefined;
}

/** Plays the kubelet for every Pod of the cluster: writes the status of Pods whose containers start at once and end at once. */
export async function startFakeNode({ client, steps = {} }: FakeNodeOptions): Promise<FakeNode> {
  const stop = new AbortController();
  const pods = new Map<string, V1Pod>();
  const failures: unknown[] = [];
  const reflector = new Reflector<Pod>({ client, resource: PODS, log: silentLogger });
  const play = async (pod: Pod): Promise<void> => {
    const { namespace, name = '', resourceVersion } = pod.metadata;
    pods.set(name, pod);
    const status = nextStatus(pod, steps);
    if (status === undefined) return;
    const path = resourcePath(PODS, { namespace, name, subresource: 'status' });
    try {
      const body = { metadata: { resourceVersion }, status };
      await client.request('PATCH', path, { body, contentType: MERGE_PATCH, signal: stop.signal });
    } catch (error) {
      // A newer version of the Pod is on its way, or it is gone.
      if (!isConflict(error) && !isNotFound(error) && !stop.signal.aborted) failures.push(error);
    }
  };
  const handle = (pod: Pod): void => void play(pod);
  reflector.addHandler({ added: handle, updated: handle, deleted: () => undefined });
  const ran = reflector.run(stop.signal);
  await reflector.synced;
  return {
    pods,
    stop: async () => {
      stop.abort();
      await ran;
      if (failures.length > 0) throw new AggregateError(failures, 'the fake node could not write the status of Pods');
    },
  };
}
