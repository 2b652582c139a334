import { isNotFound } from '../../shared/kubernetes/errors.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { PODS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { objectKey } from '../../shared/kubernetes/types.ts';
import { podNameOf } from '../../shared/tekton/containers.ts';
import { isOwnedBy } from '../model/task-run-owner.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { ReconcileContext } from './context.ts';

/** The Pod of the TaskRun's present attempt, from the cache. */
export const cachedPod = traced('cachedPod', (context: ReconcileContext, taskRun: TaskRun): Pod | undefined => {
  const name = taskRun.status?.podName || podNameOf(taskRun);
  const pod = context.pods.get(objectKey({ namespace: taskRun.metadata.namespace, name }));
  return pod && isOwnedBy(pod, taskRun) ? pod : undefined;
});

/** The Pods of all attempts of the TaskRun, from the cache. */
export const cachedPods = traced('cachedPods', (context: ReconcileContext, taskRun: TaskRun): Pod[] =>
  context.pods.byIndex('taskRunUID', taskRun.metadata.uid ?? '').filter((pod) => isOwnedBy(pod, taskRun)),
);

/** The Pod from the API server; undefined if there is none of that name. */
export const readPod = traced(
  'readPod',
  async (context: ReconcileContext, namespace: string | undefined, name: string): Promise<Pod | undefined> => {
    try {
      return await context.client.request<Pod>('GET', resourcePath(PODS, { namespace, name }));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  },
);

/**
 * The Pod of the TaskRun's present attempt. If it is not in the cache, but in the status or created by this process, it is read from the API server
 * before it counts as deleted: the cache may be behind, and the write of the status may have failed.
 */
export const findPod = traced(
  'findPod',
  async (context: ReconcileContext, taskRun: TaskRun): Promise<Pod | undefined> => {
    const { namespace, uid = '' } = taskRun.metadata;
    const name = taskRun.status?.podName || podNameOf(taskRun);
    const cached = cachedPod(context, taskRun);
    if (cached || !(taskRun.status?.podName || context.created.of(uid).includes(name))) return cached;
    const pod = await readPod(context, namespace, name);
    if (pod && isOwnedBy(pod, taskRun)) return pod;
    context.created.forget(uid, name);
    return undefined;
  },
);
