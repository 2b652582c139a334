import { isConflict, isNotFound, isOfAnother } from '../../shared/kubernetes/errors.ts';
import type { ContainerStatus, Pod } from '../../shared/kubernetes/pod.ts';
import { JSON_PATCH, PODS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { POD_READY, POD_READY_VALUE } from '../../shared/tekton/annotations.ts';
import { isSidecarContainer, isStepContainer, podNameOf } from '../../shared/tekton/containers.ts';
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

/** The uid can't be changed: with it in the patch, another Pod that has taken this one's name refuses it (`isOfAnother`). */
const patchPod = traced('patchPod', async (context: ReconcileContext, pod: Pod, patches: object[]): Promise<Pod> => {
  const { namespace, name, uid } = pod.metadata;
  const path = resourcePath(PODS, { namespace, name });
  const body = [{ op: 'replace', path: '/metadata/uid', value: uid }, ...patches];
  return context.client.request<Pod>('PATCH', path, { body, contentType: JSON_PATCH });
});

/** Injected sidecars don't have the prefix: every container that is no step counts. */
const sidecarsReady = traced('sidecarsReady', (pod: Pod): boolean => {
  if (pod.status?.phase !== 'Running') return false;
  const sidecars = (pod.status.containerStatuses ?? []).filter(({ name }) => !isStepContainer(name));
  return sidecars.every(({ state, ready }) => (state?.running !== undefined && ready === true) || state?.terminated);
});

/** Lets the first step start once all sidecars are ready; the Pod as it is afterwards. Throws RunFailure when that is refused. */
export const updateReady = traced('updateReady', async (context: ReconcileContext, pod: Pod): Promise<Pod> => {
  if (pod.metadata.annotations?.[POD_READY] === POD_READY_VALUE || !sidecarsReady(pod)) return pod;
  // `add`, because replacing an annotation that is not there is an error by the letter of JSON Patch.
  const path = `/metadata/annotations/${POD_READY.replace('/', '~1')}`;
  try {
    return await patchPod(context, pod, [{ op: 'add', path, value: POD_READY_VALUE }]);
  } catch (error) {
    if (!isRefused(error) || isOfAnother(error)) throw error;
    throw new RunFailure(
      'Failed',
      `Pod "${pod.metadata.name}" can't be told that its sidecars are ready: ${error.message}`,
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

/** The state of a sidecar that the nop image ended is the one it had before. */
const stoppedState = traced('stoppedState', (status: ContainerStatus): SidecarState => {
  const last = status.lastState?.terminated;
  if (!last) return sidecarState(status);
  const message = 'Sidecar container successfully stopped by nop image';
  return sidecarState({ ...status, state: { terminated: { ...last, reason: 'Completed', message } } });
});

const hasRunningSidecars = traced('hasRunningSidecars', (taskRun: TaskRun): boolean =>
  (taskRun.status?.sidecars ?? []).some(({ terminated }) => terminated === undefined),
);

/** Whether a finished TaskRun still has something to do: sidecars of any attempt to stop, or the end of the last one's to note. */
export const needsStopSidecars = traced('needsStopSidecars', (context: ReconcileContext, taskRun: TaskRun): boolean => {
  if (cachedPods(context, taskRun).some((pod) => stopPatches(pod, context.images.nop).length > 0)) return true;
  return hasRunningSidecars(taskRun) && cachedPod(context, taskRun) !== undefined;
});

/** Stops the Pod's sidecars; the Pod as it is afterwards. */
const stopSidecarsOf = traced('stopSidecarsOf', async (context: ReconcileContext, pod: Pod): Promise<Pod> => {
  const patches = stopPatches(pod, context.images.nop);
  if (patches.length === 0) return pod;
  try {
    return await patchPod(context, pod, patches);
  } catch (error) {
    // Gone: nothing to stop. Changed meanwhile: its event brings us back.
    if (isNotFound(error) || isOfAnother(error) || isConflict(error)) return pod;
    if (!isRefused(error)) throw error;
    context.log.warn('sidecars are left running: the API server refuses to stop them', {
      pod: pod.metadata.name,
      error,
    });
    return pod;
  }
});

/** Stops the sidecars of attempts that failed and are repeated. */
export const stopSidecarsOfRetries = traced(
  'stopSidecarsOfRetries',
  async (context: ReconcileContext, taskRun: TaskRun): Promise<void> => {
    if (!taskRun.status?.retriesStatus?.length) return;
    const present = taskRun.status.podName || podNameOf(taskRun);
    const former = cachedPods(context, taskRun).filter(({ metadata }) => metadata.name !== present);
    await Promise.all(former.map((pod) => stopSidecarsOf(context, pod)));
  },
);

/** Stops the sidecars of a finished TaskRun, those of all its attempts, and notes the last state of the last one's. */
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
