import type { ContainerStatus, Pod } from '../../shared/kubernetes/pod.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { LABEL_TASK_RUN_UID } from '../../shared/tekton/annotations.ts';
import { hasUnknownEnd } from '../model/pod/unknown-end.ts';
import { allContainers } from '../model/pod/waiting.ts';

/** The known Pods of a TaskRun: existing ones, and the last states of deleted ones. */
export interface KnownPods {
  present: readonly Pod[];
  gone: readonly Pod[];
}

/** The uid of the Pod's TaskRun, from its label or its owner reference; '' if it has none. */
export function taskRunUid({ metadata: { labels, ownerReferences = [] } }: Pod): string {
  return labels?.[LABEL_TASK_RUN_UID] ?? ownerReferences.find(({ kind }) => kind === 'TaskRun')?.uid ?? '';
}

/**
 * Whether a container's state no longer says why it never started. A deleted Pod's containers wait anew, without a message, before the kubelet writes
 * that their end is unknown.
 */
const saysNothing = (status: ContainerStatus, { metadata }: Pod): boolean =>
  hasUnknownEnd(status) ||
  (metadata.deletionTimestamp !== undefined && status.state?.waiting !== undefined && !status.state.waiting.message);

type PodsByUid = Map<string, Map<string, Pod>>;

/** The Pods of TaskRuns, by the TaskRun's uid. */
export class PodLedger {
  readonly #present: PodsByUid = new Map();
  readonly #gone: PodsByUid = new Map();

  /** Those in the TaskRun's namespace: a Pod's label with a TaskRun's uid can be written anywhere. */
  of({ metadata: { uid = '', namespace } }: KubeObject): KnownPods {
    const among = (pods: PodsByUid): Pod[] =>
      [...(pods.get(uid)?.values() ?? [])].filter((pod) => pod.metadata.namespace === namespace);
    return { present: among(this.#present), gone: among(this.#gone) };
  }

  put(taskRunUid: string, pod: Pod): void {
    add(this.#present, taskRunUid, this.#withWaits(taskRunUid, pod));
  }

  /** Removes a deleted Pod. With `remember`, its last state is kept until `forgetGone`. */
  remove(taskRunUid: string, pod: Pod, remember: boolean): void {
    const last = this.#withWaits(taskRunUid, pod);
    const pods = this.#present.get(taskRunUid);
    pods?.delete(pod.metadata.uid ?? '');
    if (pods?.size === 0) this.#present.delete(taskRunUid);
    if (remember) add(this.#gone, taskRunUid, last);
  }

  forgetGone(taskRunUid: string): void {
    this.#gone.delete(taskRunUid);
  }

  /** The Pod with its containers' waiting states before its end, which the kubelet overwrites. */
  #withWaits(taskRunUid: string, pod: Pod): Pod {
    const before = this.#present.get(taskRunUid)?.get(pod.metadata.uid ?? '')?.status;
    const { status } = pod;
    if (!before || !status || !allContainers(pod).some((one) => saysNothing(one, pod))) return pod;
    const withWaits = (
      all: ContainerStatus[] | undefined,
      previous: ContainerStatus[] = [],
    ): ContainerStatus[] | undefined =>
      all?.map((one) => {
        const state = saysNothing(one, pod) ? previous.find(({ name }) => name === one.name)?.state : undefined;
        return state?.waiting ? { ...one, state } : one;
      });
    const containerStatuses = withWaits(status.containerStatuses, before.containerStatuses);
    const initContainerStatuses = withWaits(status.initContainerStatuses, before.initContainerStatuses);
    return {
      ...pod,
      status: {
        ...status,
        ...(initContainerStatuses && { initContainerStatuses }),
        ...(containerStatuses && { containerStatuses }),
      },
    };
  }
}

function add(pods: PodsByUid, taskRunUid: string, pod: Pod): void {
  const ofTaskRun = pods.get(taskRunUid) ?? new Map<string, Pod>();
  pods.set(taskRunUid, ofTaskRun.set(pod.metadata.uid ?? '', pod));
}
