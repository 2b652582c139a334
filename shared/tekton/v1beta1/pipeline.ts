import { carry, RESOURCES, takeList } from './carried.ts';
import type { Annotations } from './carried.ts';
import { isObject, ofEach, ofObject, without, withFields } from './json.ts';
import type { Json } from './json.ts';
import { param, params, paramSpecs, reference } from './params.ts';
import { taskSpecFromV1, taskSpecToV1 } from './task.ts';

/** What one direction does with the TaskSpec embedded in a pipeline task. */
type ConvertTaskSpec = (spec: Json, annotations: Annotations, taskName: string) => Json;

/** A matrix without params and without include is none. */
function isMatrix(value: unknown): boolean {
  const { params: combined, include } = isObject(value) ? value : {};
  return [combined, include].some((list) => Array.isArray(list) && list.length > 0);
}

const matrix = ofObject((object) =>
  withFields(object, { params, include: ofEach((one) => withFields(one, { params })) }),
);

function pipelineTask(task: Json, annotations: Annotations, convert: ConvertTaskSpec): Json {
  const name = typeof task['name'] === 'string' ? task['name'] : '';
  // PipelineResources of a pipeline task are refused before they get here.
  const kept = without(task, 'resources', ...(isMatrix(task['matrix']) ? [] : ['matrix']));
  return withFields(kept, {
    taskRef: (value) => (isObject(value) ? reference(without(value, 'bundle')) : value),
    taskSpec: ofObject((spec) => convert(spec, annotations, name)),
    params,
    matrix,
  });
}

function pipelineSpec(spec: Json, annotations: Annotations, convert: ConvertTaskSpec): Json {
  const tasks = ofEach((task) => pipelineTask(task, annotations, convert));
  return withFields(without(spec, 'resources'), { params: paramSpecs, results: ofEach(param), tasks, finally: tasks });
}

/** A v1beta1 PipelineSpec in v1: of a Pipeline, embedded in a PipelineRun, or in a status. */
export const pipelineSpecToV1 = (spec: Json, annotations: Annotations): Json =>
  pipelineSpec(spec, annotations, taskSpecToV1);

export const pipelineSpecFromV1 = (spec: Json, annotations: Annotations): Json =>
  pipelineSpec(spec, annotations, taskSpecFromV1);

/** A Pipeline's spec in v1; its PipelineResources, which nothing reads any more, stay in an annotation. */
export function pipelineToV1(spec: Json, annotations: Annotations): Json {
  carry(annotations, RESOURCES, spec['resources']);
  return pipelineSpecToV1(spec, annotations);
}

export function pipelineFromV1(spec: Json, annotations: Annotations): Json {
  const resources = takeList(annotations, RESOURCES);
  const converted = pipelineSpecFromV1(spec, annotations);
  return resources === undefined ? converted : { ...converted, resources };
}
