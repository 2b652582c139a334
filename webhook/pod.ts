import type { V1Container } from '@kubernetes/client-node';

import { podTraceContext } from '../shared/tracing/pod-context.ts';
import { podTaskSpan } from '../shared/tracing/run-context.ts';
import { LABEL_TASK_RUN_UID, POD_SPAN_CONTEXT } from '../shared/tekton/annotations.ts';
import type { AdmissionRequest } from './admission-review.ts';
import { annotationOperations } from './json-patch.ts';
import type { JsonPatch } from './json-patch.ts';
import { isTrusted } from './stamp.ts';
import type { StampSettings } from './stamp.ts';

/** What a TaskRun's Pod gets at CREATE: the annotations and the env entries that read them, in one patch, so that no variable can be empty. */
export function patchPod(request: AdmissionRequest, settings: StampSettings): JsonPatch {
  const { metadata } = request.object;
  const taskRunUid = metadata.labels?.[LABEL_TASK_RUN_UID] ?? ownerUid(request);
  // Annotations of a Pod that some user made may name anybody's span.
  if (
    taskRunUid === undefined ||
    !isTrusted(request, settings) ||
    metadata.annotations?.[POD_SPAN_CONTEXT] !== undefined
  )
    return [];
  const task = podTaskSpan(request.object, taskRunUid);
  const containers = (request.object as { spec?: { containers?: V1Container[] } }).spec?.containers;
  if (!task || !Array.isArray(containers)) return [];
  const context = podTraceContext({ podName: metadata.name, containers }, taskRunUid, task);
  const env = [...context.env].flatMap(([index, variables]): JsonPatch => {
    const path = `/spec/containers/${index}/env`;
    if (!containers[index]?.env) return [{ op: 'add', path, value: variables }];
    return variables.map((value) => ({ op: 'add', path: `${path}/-`, value }));
  });
  return [...annotationOperations(metadata.annotations, context.annotations), ...env];
}

function ownerUid(request: AdmissionRequest): string | undefined {
  return request.object.metadata.ownerReferences?.find((owner) => owner.kind === 'TaskRun')?.uid;
}
