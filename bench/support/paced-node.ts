import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { isNotFound } from '../../shared/kubernetes/errors.ts';
import type { ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from '../../shared/kubernetes/pod.ts';
import { Reflector } from '../../shared/kubernetes/reflector.ts';
import { MERGE_PATCH, PODS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { silentLogger } from '../../shared/runtime/log.ts';

/** How long a Pod takes from its creation to its containers' start, and from there to their end. */
export interface Pace {
  pendingMs: number;
  runningMs: number;
}

export interface PacedNodeOptions {
  /** The administrator's. */
  client: KubeClient;
  paceOf: (pod: Pod) => Pace;
  now?: () => Date;
}

/** scheduler and kubelet write whole seconds. */
const seconds = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;

type Containers = NonNullable<Pod['spec']>['containers'];

const statuses = (containers: Containers, state: ContainerState, ready: boolean): ContainerStatus[] =>
  containers.map(({ name, image = '' }) => ({ name, image, imageID: '', restartCount: 0, ready, state }));

const waiting: ContainerState = { waiting: { reason: 'PodInitializing' } };

/** What scheduler and kubelet write of a Pod that starts well and ends well, one status after the other (kubelet 1.36, init containers). */
export function statusesOf(pod: Pod, now: () => Date): (() => PodStatus)[] {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const at = (): string => seconds(now());
  const is = (type: string): PodCondition => ({ type, status: 'True', lastTransitionTime: at() });
  const isNot = (type: string, reason: string, message: string): PodCondition => ({
    ...{ type, status: 'False', reason, message, lastTransitionTime: at() },
  });
  const unready = `containers with unready status: [${containers.map(({ name }) => name).join(' ')}]`;
  const uninitialized = `containers with incomplete status: [${initContainers.map(({ name }) => name).join(' ')}]`;
  // Later statuses keep its time: it does not change again.
  let scheduled: PodCondition | undefined;
  const isScheduled = (): PodCondition => (scheduled ??= is('PodScheduled'));
  const notReady = (): PodCondition[] => [
    isNot('Ready', 'ContainersNotReady', unready),
    isNot('ContainersReady', 'ContainersNotReady', unready),
    isScheduled(),
  ];
  const ended = (): ContainerState => ({
    terminated: { exitCode: 0, reason: 'Completed', startedAt: at(), finishedAt: at() },
  });
  const message = (): string => JSON.stringify([{ key: 'StartedAt', value: now().toISOString(), type: 3 }]);
  let started = '';
  return [
    () => ({ phase: 'Pending', conditions: [isScheduled()] }),
    () => ({
      phase: 'Pending',
      startTime: at(),
      conditions: [isNot('Initialized', 'ContainersNotInitialized', uninitialized), ...notReady()],
      initContainerStatuses: statuses(initContainers, waiting, false),
      containerStatuses: statuses(containers, waiting, false),
    }),
    () => ({
      phase: 'Pending',
      conditions: [isNot('Initialized', 'ContainersNotInitialized', uninitialized), ...notReady()],
      initContainerStatuses: statuses(initContainers, { running: { startedAt: at() } }, false),
    }),
    () => ({
      phase: 'Pending',
      conditions: [is('Initialized'), ...notReady()],
      initContainerStatuses: statuses(initContainers, ended(), true),
    }),
    () => {
      started = at();
      return {
        phase: 'Running',
        conditions: [...['Initialized', 'Ready', 'ContainersReady'].map(is), isScheduled()],
        containerStatuses: statuses(containers, { running: { startedAt: started } }, true),
      };
    },
    () => ({
      phase: 'Succeeded',
      conditions: [is('Initialized'), ...notReady()],
      containerStatuses: statuses(
        containers,
        {
          terminated: {
            exitCode: 0,
            reason: 'Completed',
            startedAt: started,
            finishedAt: at(),
            message: message(),
          },
        },
        false,
      ),
    }),
  ];
}

/** Resolves after `stop` when all is quiet. Throws what went wrong while it played. */
export interface PacedNode {
  stop(): Promise<void>;
}

/** Plays scheduler and kubelet for every Pod of the cluster, each at its own pace. */
export async function startPacedNode({ client, paceOf, now = () => new Date() }: PacedNodeOptions): Promise<PacedNode> {
  const stop = new AbortController();
  const { signal } = stop;
  const failures: unknown[] = [];
  const playing = new Set<Promise<void>>();
  const reflector = new Reflector<Pod>({ client, resource: PODS, log: silentLogger });

  async function play(pod: Pod): Promise<void> {
    const { namespace, name } = pod.metadata;
    const { pendingMs, runningMs } = paceOf(pod);
    const all = statusesOf(pod, now);
    for (const [index, status] of all.entries()) {
      const isLast = index === all.length - 1;
      await delay(isLast ? runningMs : pendingMs / (all.length - 1), undefined, { signal });
      const path = resourcePath(PODS, { namespace, name, subresource: 'status' });
      await client.request('PATCH', path, { body: { status: status() }, contentType: MERGE_PATCH, signal });
    }
  }

  reflector.addHandler({
    added: (pod) => {
      const played = play(pod).catch((error: unknown) => {
        if (!signal.aborted && !isNotFound(error)) failures.push(error);
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
      if (failures.length > 0) throw new AggregateError(failures, 'the node could not write the status of Pods');
    },
  };
}
