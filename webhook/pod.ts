import type { V1Container, V1EnvVar } from '@kubernetes/client-node';

import { podTraceContext } from '../shared/tracing/pod-context.ts';
import type { PodTraceContext } from '../shared/tracing/pod-context.ts';
import { podTaskSpan } from '../shared/tracing/run-context.ts';
import { setsItsOwnExport } from '../shared/tracing/step-export.ts';
import { LABEL_TASK_RUN_UID, POD_SPAN_CONTEXT } from '../shared/tekton/annotations.ts';
import type { AdmissionRequest } from './admission-review.ts';
import { annotationOperations, annotationsFit } from './json-patch.ts';
import type { JsonPatch } from './json-patch.ts';
import type { Unchanged } from './outcome.ts';
import { isTrusted } from './stamp.ts';
import type { StampSettings } from './stamp.ts';

/**
 * The patch of a TaskRun's Pod at CREATE: annotations and the env entries that read them, in one patch, so that no variable is empty. Also the
 * OTLP endpoint for programs in its containers, if the settings have one.
 */
export function patchPod(request: AdmissionRequest, settings: StampSettings): JsonPatch | Unchanged {
  const { metadata } = request.object;
  const taskRunUid = metadata.labels?.[LABEL_TASK_RUN_UID] ?? ownerUid(request);
  const containers = (request.object as { spec?: { containers?: V1Container[] } }).spec?.containers;
  if (taskRunUid === undefined) return 'no_task_run';
  // A Pod that a user created may have any span in its annotations.
  if (!isTrusted(request, settings)) return 'untrusted_requester';
  if (!Array.isArray(containers) || !containers.every(isContainer)) return 'malformed';
  const context = contextOf(request, taskRunUid, containers);
  if (!context) return 'no_owner_context';
  if (!annotationsFit(metadata.annotations, context.annotations)) return 'annotations_full';
  const env = containers.flatMap((container, index): JsonPatch => {
    const variables = [...(context.env.get(index) ?? []), ...endpointOf(container, settings)];
    const path = `/spec/containers/${index}/env`;
    if (!container.env) return variables.length > 0 ? [{ op: 'add', path, value: variables }] : [];
    return variables.map((value) => ({ op: 'add', path: `${path}/-`, value }));
  });
  const patch = [...annotationOperations(metadata.annotations, context.annotations), ...env];
  return patch.length > 0 ? patch : 'already_stamped';
}

/** Whether a patch of its env would apply. */
function isContainer(container: unknown): boolean {
  if (typeof container !== 'object' || container === null || Array.isArray(container)) return false;
  const { env } = container as { env?: unknown };
  return env === undefined || env === null || Array.isArray(env);
}

/** The Pod's trace context. Empty if the creator has set it, as the drive controller does; undefined if the Pod has no trace. */
function contextOf(
  { object }: AdmissionRequest,
  taskRunUid: string,
  containers: V1Container[],
): PodTraceContext | undefined {
  if (object.metadata.annotations?.[POD_SPAN_CONTEXT] !== undefined) return { annotations: {}, env: new Map() };
  const task = podTaskSpan(object, taskRunUid);
  return task && podTraceContext({ podName: object.metadata.name, containers }, taskRunUid, task);
}

function endpointOf({ env }: V1Container, { stepOtlpEndpoint }: StampSettings): V1EnvVar[] {
  if (stepOtlpEndpoint === undefined || setsItsOwnExport((env ?? []).map(({ name }) => name))) return [];
  return [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: stepOtlpEndpoint }];
}

function ownerUid(request: AdmissionRequest): string | undefined {
  return request.object.metadata.ownerReferences?.find((owner) => owner.kind === 'TaskRun')?.uid;
}
