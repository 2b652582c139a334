import type { Pod } from '../../shared/kubernetes/pod.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import { observedOf } from '../model/pod/observed.ts';
import { readAnnotations } from '../model/read-annotations.ts';
import { sameJson } from '../model/same-json.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';

/**
 * Whether a changed TaskRun needs a reconcile: its spec (generation), annotations or deletion changed, or it ended (sidecars) or starts again
 * (retry). Other changes of the status come from this controller itself.
 */
export const taskRunNeedsReconcile = traced('taskRunNeedsReconcile', (taskRun: TaskRun, before: TaskRun): boolean => {
  const { uid, generation, deletionTimestamp } = taskRun.metadata;
  return (
    uid !== before.metadata.uid ||
    generation !== before.metadata.generation ||
    deletionTimestamp !== before.metadata.deletionTimestamp ||
    isDone(taskRun) !== isDone(before) ||
    taskRun.status?.retriesStatus?.length !== before.status?.retriesStatus?.length ||
    !sameJson(readAnnotations(taskRun), readAnnotations(before))
  );
});

/** Whether a changed Pod can change its TaskRun's status. A new Pod can if it has more than at its creation. */
export const podNeedsReconcile = traced(
  'podNeedsReconcile',
  (pod: Pod, before: Pod = { ...pod, status: {} }): boolean => !sameJson(observedOf(pod), observedOf(before)),
);
