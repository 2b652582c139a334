import type { Pod } from '../../shared/kubernetes/pod.ts';
import { TRACE_EXPORTED, TRACE_URL } from '../../shared/tekton/annotations.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import { isUntouched, observedOf } from '../../shared/tekton/pod/observed.ts';
import { sameJson } from '../../shared/tekton/same-json.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';

/** The annotations but for the marks of tracing, which no reconcile reads. */
const readAnnotations = traced('readAnnotations', ({ metadata }: TaskRun): Record<string, string> => {
  const { [TRACE_EXPORTED]: _exported, [TRACE_URL]: _url, ...annotations } = metadata.annotations ?? {};
  return annotations;
});

/**
 * Whether a changed TaskRun needs a look: its spec (it has a generation), annotations or deletion, or that it ended (sidecars) or starts
 * anew (retry). The rest of the status is what this controller wrote itself.
 */
export const taskRunAsksForLook = traced('taskRunAsksForLook', (taskRun: TaskRun, before: TaskRun): boolean => {
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

/** Whether a Pod that is new (`before` is undefined) or changed can change its TaskRun's status. */
export const podAsksForLook = traced('podAsksForLook', (pod: Pod, before?: Pod): boolean =>
  before ? !sameJson(observedOf(pod), observedOf(before)) : !isUntouched(pod),
);
