import { isConflict, isNotFound, isOfAnother } from '../../shared/kubernetes/errors.ts';
import type { ContainerStatus, Pod } from '../../shared/kubernetes/pod.ts';
import { JSON_PATCH, PODS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { POD_READY, POD_READY_VALUE } from '../../shared/tekton/annotations.ts';
import { isSidecarContainer, isStepContainer, podNameOf } from '../../shared/tekton/containers.ts';
import { mayStart } from '../../shared/tekton/pod-ready.ts';
import { sidecarState } from '../model/pod/container-states.ts';
import { isRefused } from '../model/refused.ts';
import { RunFailure } from '../model/run-failure.ts';
import type { SidecarState, TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { ReconcileContext } from './context.ts';
import { cachedPod, cachedPods } from './find-pod.ts';

interface ImagePatch {
  op: 'replace';
  path: string;
  value: string;
}

/** A patch with the immutable uid, so that another Pod of the same name refuses it (`isOfAnother`). */
const patchPod = traced('patchPod', async (context: ReconcileContext, pod: Pod, patches: object[]): Promise<Pod> => {
  const { namespace, name, uid } = pod.metadata;
  const path = resourcePath(PODS, { namespace, name });
  const body = [{ op: 'replace', path: '/metadata/uid', value: uid }, ...patches];
  return context.client.request<Pod>('PATCH', path, { body, contentType: JSON_PATCH });
});

/** Whether a container is a sidecar. Injected sidecars don't have the prefix, so every container except steps is one. */
const sidecarsReady = traced('sidecarsReady', (pod: Pod): boolean => {
  if (pod.status?.phase !== 'Running') return false;
  const sidecars = (pod.status.containerStatuses ?? []).filter(({ name }) => !isStepContainer(name));
  return sidecars.every(({ state, ready }) => (state?.running !== undefined && ready === true) || state?.terminated);
});

/** Lets the first step start when all sidecars are ready. Returns the patched Pod. Throws RunFailure if the API server refuses. */
export const updateReady = traced('updateReady', async (context: ReconcileContext, pod: Pod): Promise<Pod> => {
  if (mayStart(pod) || !sidecarsReady(pod)) return pod;
  // `add`, because in JSON Patch replacing a missing annotation is an error.
  const path = `/metadata/annotations/${POD_READY.replace('/', '~1')}`;
  try {
    return await patchPod(context, pod, [{ op: 'add', path, value: POD_READY_VALUE }]);
  } catch (error) {
    if (!isRefused(error) || isOfAnother(error)) throw error;
    throw new RunFailure(
      'Failed',
      `Pod "${pod.metadata.name}" can't get the annotation that its sidecars are ready: ${error.message}`,
    );
  }
});

/** The patches that give each running sidecar the nop image, which ends it. */
const stopPatches = traced('stopPatches', (pod: Pod, nopImage: string): ImagePatch[] => {
  if (pod.status?.phase !== 'Running' || pod.metadata.deletionTimestamp !== undefined) return [];
  const statuses = new Map((pod.status.containerStatuses ?? []).map((status) => [status.name, status]));
  return (pod.spec?.containers ?? []).flatMap(({ name, image }, index) => {
    const running = !isStepContainer(name) && statuses.get(name)?.state?.running !== undefined;
    if (!running || image === nopImage) return [];
    return [{ op: 'replace', path: `/spec/containers/${index}/image`, value: nopImage } as const];
  });
});

/** A sidecar's state before the nop image ended it. */
const stoppedState = traced('stoppedState', (status: ContainerStatus): SidecarState => {
  const last = status.lastState?.terminated;
  if (!last) return sidecarState(status);
  const message = 'Sidecar container successfully stopped by nop image';
  return sidecarState({ ...status, state: { terminated: { ...last, reason: 'Completed', message } } });
});

const hasRunningSidecars = traced('hasRunningSidecars', (taskRun: TaskRun): boolean =>
  (taskRun.status?.sidecars ?? []).some(({ terminated }) => terminated === undefined),
);

/** Whether a finished TaskRun needs a reconcile: sidecars of an attempt still run, or the last attempt's final states are not in the status. */
export const needsStopSidecars = traced('needsStopSidecars', (context: ReconcileContext, taskRun: TaskRun): boolean => {
  if (cachedPods(context, taskRun).some((pod) => stopPatches(pod, context.images.nop).length > 0)) return true;
  return hasRunningSidecars(taskRun) && cachedPod(context, taskRun) !== undefined;
});

/** Stops the Pod's sidecars. Returns the patched Pod. */
const stopSidecarsOf = traced('stopSidecarsOf', async (context: ReconcileContext, pod: Pod): Promise<Pod> => {
  const patches = stopPatches(pod, context.images.nop);
  if (patches.length === 0) return pod;
  try {
    return await patchPod(context, pod, patches);
  } catch (error) {
    // Deleted: nothing to stop. Changed meanwhile: its event requeues the TaskRun.
    if (isNotFound(error) || isOfAnother(error) || isConflict(error)) return pod;
    if (!isRefused(error)) throw error;
    context.log.warn('sidecars keep running: the API server refuses to stop them', {
      pod: pod.metadata.name,
      error,
    });
    return pod;
  }
});

/** Stops the sidecars of failed attempts that were retried. */
export const stopSidecarsOfRetries = traced(
  'stopSidecarsOfRetries',
  async (context: ReconcileContext, taskRun: TaskRun): Promise<void> => {
    if (!taskRun.status?.retriesStatus?.length) return;
    const present = taskRun.status.podName || podNameOf(taskRun);
    const former = cachedPods(context, taskRun).filter(({ metadata }) => metadata.name !== present);
    await Promise.all(former.map((pod) => stopSidecarsOf(context, pod)));
  },
);

/** Stops the sidecars of all attempts of a finished TaskRun, and writes the final states of the last attempt's sidecars. */
export const stopSidecars = traced(
  'stopSidecars',
  async (context: ReconcileContext, taskRun: TaskRun): Promise<void> => {
    await stopSidecarsOfRetries(context, taskRun);
    const pod = cachedPod(context, taskRun);
    if (!pod || !taskRun.status) return;
    const current = await stopSidecarsOf(context, pod);
    if (!hasRunningSidecars(taskRun)) return;
    const statuses = current.status?.containerStatuses ?? [];
    taskRun.status.sidecars = statuses.filter(({ name }) => isSidecarContainer(name)).map((each) => stoppedState(each));
  },
);
