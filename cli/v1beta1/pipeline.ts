import { carry, RESOURCES, takeList } from './carried.ts';
import type { Annotations } from './carried.ts';
import { isObject, ofEach, ofObject, without, withFields } from './json.ts';
import type { Json } from './json.ts';
import { param, params, paramSpecs, withoutBundle } from './params.ts';
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

/** `prefix`: the tasks around it, each with a dot behind its name, where pipelines are in pipelines. */
function pipelineTask(task: Json, annotations: Annotations, convert: ConvertTaskSpec, prefix: string): Json {
  const name = `${prefix}${typeof task['name'] === 'string' ? task['name'] : ''}`;
  // PipelineResources of a pipeline task are refused before they get here.
  const kept = without(task, 'resources', ...(isMatrix(task['matrix']) ? [] : ['matrix']));
  return withFields(kept, {
    taskRef: withoutBundle,
    taskSpec: ofObject((spec) => convert(spec, annotations, name)),
    pipelineRef: withoutBundle,
    pipelineSpec: ofObject((spec) => pipelineSpec(spec, annotations, convert, `${name}.`)),
    params,
    matrix,
  });
}

function pipelineSpec(spec: Json, annotations: Annotations, convert: ConvertTaskSpec, prefix = ''): Json {
  const tasks = ofEach((task) => pipelineTask(task, annotations, convert, prefix));
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
