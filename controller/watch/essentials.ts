import type { KubeObject, ObjectMeta } from '../../shared/kubernetes/types.ts';
import type { CustomRun, Param, ResolutionRequest } from '../../shared/tekton/types.ts';

/** Longest message that is kept: the kubelet's own have a few hundred characters, and a registry's answer may be in them. */
const MAX_MESSAGE_CHARS = 1024;

/** A core/v1 Event about a Pod, as a kubelet writes it. */
export interface PodEvent extends KubeObject {
  involvedObject: { uid?: string; name?: string; fieldPath?: string };
  reason: string;
  message?: string;
  /** Whole seconds; null or absent where `eventTime` has microseconds. */
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  count?: number;
}

/** What a Pod waits for before its first step: images, what could not be mounted, attached or set up, and sidecars that are not ready. */
const REASONS = ['Pulling', 'Pulled', 'FailedMount', 'FailedAttachVolume', 'FailedCreatePodSandBox', 'Unhealthy'];

/** Upstream names a TaskRun's Pod so, however long the TaskRun's own name is (kmeta.ChildName keeps the suffix). */
const POD_OF_TASK_RUN = /-pod(-retry\d+)?$/;

function essentialMetadata({ managedFields: _managedFields, ...metadata }: ObjectMeta): ObjectMeta {
  return metadata;
}

/** What of an Event a trace is made from; undefined where it is about something else than the start of a TaskRun's Pod. */
export function essentialPodEvent(event: PodEvent): PodEvent | undefined {
  const { metadata, reason, firstTimestamp, lastTimestamp, eventTime, count } = event;
  const { uid, name = '', fieldPath } = event.involvedObject;
  if (!REASONS.includes(reason) || !POD_OF_TASK_RUN.test(name) || uid === undefined) return undefined;
  return {
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
    },
    involvedObject: { uid, ...(fieldPath !== undefined && { fieldPath }) },
    reason,
    message: (event.message ?? '').slice(0, MAX_MESSAGE_CHARS),
    ...(firstTimestamp && { firstTimestamp }),
    ...(lastTimestamp && { lastTimestamp }),
    ...(eventTime && { eventTime }),
    ...(count !== undefined && { count }),
  };
}

/** A CustomRun without its embedded spec and its results. */
export function essentialCustomRun({ spec, status, ...object }: CustomRun): CustomRun {
  const { customRef, customSpec, params } = spec ?? {};
  const { conditions, startTime, completionTime } = status ?? {};
  return {
    ...object,
    metadata: essentialMetadata(object.metadata),
    spec: {
      ...(customRef && { customRef }),
      ...(customSpec && { customSpec: { apiVersion: customSpec.apiVersion, kind: customSpec.kind } }),
      ...(params && { params }),
    },
    status: {
      ...(conditions && { conditions }),
      ...(startTime !== undefined && { startTime }),
      ...(completionTime !== undefined && { completionTime }),
    },
  };
}

/** The params of a resolver that say what is resolved, by its name; none that may hold a credential. */
const NAMING_PARAMS = ['name', 'pathInRepo'];

/** A ResolutionRequest without what was resolved, which is most of it. */
export function essentialResolution({ spec, status, ...object }: ResolutionRequest): ResolutionRequest {
  const params = spec?.params?.filter(({ name }: Param) => NAMING_PARAMS.includes(name));
  return {
    ...object,
    metadata: essentialMetadata(object.metadata),
    spec: { ...(params && { params }) },
    ...(status?.conditions && { status: { conditions: status.conditions } }),
  };
}
