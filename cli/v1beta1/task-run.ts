import {
  carry,
  CLOUD_EVENTS,
  RESOURCES,
  RESOURCES_RESULT,
  RESOURCES_STATUS,
  takeList,
  takeResources,
} from './carried.ts';
import type { Annotations } from './carried.ts';
import { resourcesFromV1, resourcesToV1 } from './containers.ts';
import { isObject, ofEach, ofObject, only, renamed, without, withFields } from './json.ts';
import type { Json } from './json.ts';
import { param, params, reference, withoutBundle } from './params.ts';
import { taskSpecFromV1, taskSpecToV1 } from './task.ts';

/** Status fields with the same name in both versions. Upstream's conversion loses `spanContext`, which a trace needs. */
const STATUS = ['observedGeneration', 'conditions', 'annotations', 'podName', 'startTime', 'completionTime'].concat([
  'steps',
  'retriesStatus',
  'sidecars',
  'taskSpec',
  'provenance',
  'spanContext',
]);

/** v1 has a terminated step's reason in a field of its own; v1beta1 has it only in the state. */
function stepStateToV1(state: Json): Json {
  const { terminated } = state;
  const reason = isObject(terminated) ? terminated['reason'] : undefined;
  const kept = withFields(without(state, 'terminationReason'), { results: ofEach(param) });
  return typeof reason === 'string' && reason !== '' ? { ...kept, terminationReason: reason } : kept;
}

const stepStateFromV1 = (state: Json): Json =>
  withFields(without(state, 'terminationReason'), { results: ofEach(param) });

function statusToV1(status: Json, annotations: Annotations, name: string): Json {
  const kept = only(status, [...STATUS, 'taskResults']);
  return withFields(renamed(kept, { taskResults: 'results' }), {
    results: params,
    steps: ofEach(stepStateToV1),
    retriesStatus: ofEach((attempt) => statusToV1(attempt, annotations, name)),
    taskSpec: ofObject((spec) => taskSpecToV1(spec, annotations, name)),
  });
}

function statusFromV1(status: Json, annotations: Annotations, name: string): Json {
  const kept = only(status, [...STATUS, 'results']);
  return withFields(renamed(kept, { results: 'taskResults' }), {
    taskResults: params,
    steps: ofEach(stepStateFromV1),
    retriesStatus: ofEach((attempt) => statusFromV1(attempt, annotations, name)),
    taskSpec: ofObject((spec) => taskSpecFromV1(spec, annotations, name)),
  });
}

/** A v1beta1 TaskRun's status in v1. Fields of v1beta1 alone (CloudEvents, results of PipelineResources) are kept in annotations. */
export function taskRunStatusToV1(status: Json, annotations: Annotations, name: string): Json {
  carry(annotations, CLOUD_EVENTS, status['cloudEvents']);
  carry(annotations, RESOURCES_RESULT, status['resourcesResult']);
  if (isObject(status['taskSpec'])) carry(annotations, RESOURCES_STATUS, status['taskSpec']['resources']);
  return statusToV1(status, annotations, name);
}

/** The status in v1beta1, with the values from annotations, even if v1 has no status yet. */
export function taskRunStatusFromV1(
  status: Json | undefined,
  annotations: Annotations,
  name: string,
): Json | undefined {
  const cloudEvents = takeList(annotations, CLOUD_EVENTS);
  const resourcesResult = takeList(annotations, RESOURCES_RESULT);
  const converted = statusFromV1(status ?? {}, annotations, name);
  const resources = takeResources(annotations, RESOURCES_STATUS);
  const taskSpec = isObject(converted['taskSpec']) ? converted['taskSpec'] : {};
  const complete = {
    ...converted,
    ...(cloudEvents === undefined ? {} : { cloudEvents }),
    ...(resourcesResult === undefined ? {} : { resourcesResult }),
    ...(resources === undefined ? {} : { taskSpec: { ...taskSpec, resources } }),
  };
  return status === undefined && Object.keys(complete).length === 0 ? undefined : complete;
}

/** A v1beta1 TaskRun's spec in v1. */
export function taskRunSpecToV1(spec: Json, annotations: Annotations, name: string): Json {
  const names = { stepOverrides: 'stepSpecs', sidecarOverrides: 'sidecarSpecs' };
  return withFields(renamed(without(spec, 'resources'), names), {
    params,
    taskRef: withoutBundle,
    taskSpec: ofObject((task) => taskSpecToV1(task, annotations, name)),
    stepSpecs: resourcesToV1,
    sidecarSpecs: resourcesToV1,
  });
}

/** Writes the annotations that upstream's conversion writes before it converts the spec. */
export function carryTaskRunResources(spec: Json, annotations: Annotations): void {
  carry(annotations, RESOURCES, spec['resources']);
}

/** The reverse of taskRunSpecToV1, with the PipelineResources from their annotation. */
export function taskRunSpecFromV1(spec: Json, annotations: Annotations, name: string): Json {
  const resources = takeResources(annotations, RESOURCES);
  const names = { stepSpecs: 'stepOverrides', sidecarSpecs: 'sidecarOverrides' };
  const converted = withFields(renamed(spec, names), {
    params,
    taskRef: reference,
    taskSpec: ofObject((task) => taskSpecFromV1(task, annotations, name)),
    stepOverrides: resourcesFromV1,
    sidecarOverrides: resourcesFromV1,
  });
  return resources === undefined ? converted : { ...converted, resources };
}
