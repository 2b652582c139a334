import { carry, RESOURCES, takeList } from './carried.ts';
import type { Annotations } from './carried.ts';
import { isObject, ofEach, ofObject, without, withFields } from './json.ts';
import type { Json } from './json.ts';
import { param, params, paramSpecs, withoutBundle } from './params.ts';
import { taskSpecFromV1, taskSpecToV1 } from './task.ts';

/** The conversion of a pipeline task's embedded TaskSpec, in one direction. */
type ConvertTaskSpec = (spec: Json, annotations: Annotations, taskName: string) => Json;

/** A matrix without params and include is dropped. */
function isMatrix(value: unknown): boolean {
  const { params: combined, include } = isObject(value) ? value : {};
  return [combined, include].some((list) => Array.isArray(list) && list.length > 0);
}

const matrix = ofObject((object) =>
  withFields(object, { params, include: ofEach((one) => withFields(one, { params })) }),
);

/** `prefix`: for pipelines in pipelines, the names of the outer tasks, each with a dot at its end. */
function pipelineTask(task: Json, annotations: Annotations, convert: ConvertTaskSpec, prefix: string): Json {
  const name = `${prefix}${typeof task['name'] === 'string' ? task['name'] : ''}`;
  // PipelineResources of a pipeline task were refused before.
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

/** Converts a v1beta1 PipelineSpec to v1: of a Pipeline, embedded in a PipelineRun, or in a status. */
export const pipelineSpecToV1 = (spec: Json, annotations: Annotations): Json =>
  pipelineSpec(spec, annotations, taskSpecToV1);

export const pipelineSpecFromV1 = (spec: Json, annotations: Annotations): Json =>
  pipelineSpec(spec, annotations, taskSpecFromV1);

/** A Pipeline's spec in v1. Its PipelineResources, which nothing reads any more, are kept in an annotation. */
export function pipelineToV1(spec: Json, annotations: Annotations): Json {
  carry(annotations, RESOURCES, spec['resources']);
  return pipelineSpecToV1(spec, annotations);
}

export function pipelineFromV1(spec: Json, annotations: Annotations): Json {
  const resources = takeList(annotations, RESOURCES);
  const converted = pipelineSpecFromV1(spec, annotations);
  return resources === undefined ? converted : { ...converted, resources };
}
