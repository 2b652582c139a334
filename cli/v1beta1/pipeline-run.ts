import { carry, RESOURCES, takeList } from './carried.ts';
import type { Annotations } from './carried.ts';
import { resourcesFromV1, resourcesToV1 } from './containers.ts';
import { isObject, ofEach, ofObject, only, renamed, without, withFields } from './json.ts';
import type { Json } from './json.ts';
import { params, reference, withoutBundle } from './params.ts';
import { pipelineSpecFromV1, pipelineSpecToV1 } from './pipeline.ts';

/** Status fields with the same name in both versions. Upstream's conversion loses `spanContext`, which a trace needs. */
const STATUS = [
  'observedGeneration',
  'conditions',
  'annotations',
  'startTime',
  'completionTime',
  'pipelineSpec',
].concat(['skippedTasks', 'childReferences', 'finallyStartTime', 'provenance', 'spanContext']);

const TASK_RUN_SPEC_NAMES = {
  taskServiceAccountName: 'serviceAccountName',
  taskPodTemplate: 'podTemplate',
  stepOverrides: 'stepSpecs',
  sidecarOverrides: 'sidecarSpecs',
};

function reversed(names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([from, to]) => [to, from]));
}

const taskRunSpecToV1 = (spec: Json): Json =>
  withFields(renamed(spec, TASK_RUN_SPEC_NAMES), { stepSpecs: resourcesToV1, sidecarSpecs: resourcesToV1 });

const taskRunSpecFromV1 = (spec: Json): Json =>
  withFields(renamed(spec, reversed(TASK_RUN_SPEC_NAMES)), {
    stepOverrides: resourcesFromV1,
    sidecarOverrides: resourcesFromV1,
  });

/** A v1beta1 PipelineRun's status in v1. The embedded states `taskRuns` and `runs` are dropped: v1 does not have them, and nothing reads them. */
export function pipelineRunStatusToV1(status: Json, annotations: Annotations): Json {
  const kept = only(status, [...STATUS, 'pipelineResults']);
  return withFields(renamed(kept, { pipelineResults: 'results' }), {
    results: params,
    pipelineSpec: ofObject((spec) => pipelineSpecToV1(spec, annotations)),
  });
}

export function pipelineRunStatusFromV1(status: Json, annotations: Annotations): Json {
  const kept = only(status, [...STATUS, 'results']);
  return withFields(renamed(kept, { results: 'pipelineResults' }), {
    pipelineResults: params,
    pipelineSpec: ofObject((spec) => pipelineSpecFromV1(spec, annotations)),
  });
}

export function carryPipelineRunResources(spec: Json, annotations: Annotations): void {
  carry(annotations, RESOURCES, spec['resources']);
}

/** A v1beta1 PipelineRun's spec in v1: `timeout` becomes `timeouts.pipeline`, fields for all TaskRuns move to `taskRunTemplate`. */
export function pipelineRunSpecToV1(spec: Json, annotations: Annotations): Json {
  const { timeout, serviceAccountName, podTemplate } = spec;
  const template = {
    ...(podTemplate === undefined ? {} : { podTemplate }),
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
  };
  const kept = without(spec, 'resources', 'timeout', 'serviceAccountName', 'podTemplate');
  return {
    ...withFields(kept, {
      pipelineRef: withoutBundle,
      pipelineSpec: ofObject((pipeline) => pipelineSpecToV1(pipeline, annotations)),
      params,
      taskRunSpecs: ofEach(taskRunSpecToV1),
    }),
    ...(timeout === undefined || timeout === null ? {} : { timeouts: { pipeline: timeout } }),
    ...(Object.keys(template).length === 0 ? {} : { taskRunTemplate: template }),
  };
}

/** The reverse of pipelineRunSpecToV1. `timeouts` stays, because v1beta1 has it too. */
export function pipelineRunSpecFromV1(spec: Json, annotations: Annotations): Json {
  const resources = takeList(annotations, RESOURCES);
  const template = isObject(spec['taskRunTemplate']) ? spec['taskRunTemplate'] : {};
  const converted = withFields(without(spec, 'taskRunTemplate'), {
    pipelineRef: reference,
    pipelineSpec: ofObject((pipeline) => pipelineSpecFromV1(pipeline, annotations)),
    params,
    taskRunSpecs: ofEach(taskRunSpecFromV1),
  });
  return {
    ...converted,
    ...only(template, ['serviceAccountName', 'podTemplate']),
    ...(resources === undefined ? {} : { resources }),
  };
}
