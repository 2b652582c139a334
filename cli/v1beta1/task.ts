import { carry, RESOURCES, takeResources } from './carried.ts';
import type { Annotations } from './carried.ts';
import {
  resourcesFromV1,
  resourcesToV1,
  stepFromV1,
  stepTemplateFromV1,
  stepTemplateToV1,
  stepToV1,
} from './containers.ts';
import { carryDeprecations, restoreDeprecations } from './deprecations.ts';
import { ofEach, ofObject, without, withFields } from './json.ts';
import type { Json } from './json.ts';
import { paramSpecs, taskResult } from './params.ts';

/**
 * Converts a v1beta1 TaskSpec to v1: of a Task, embedded in a pipeline task or a TaskRun, or in a status. `taskName` is the key of its
 * deprecated fields in the annotation.
 */
export function taskSpecToV1(spec: Json, annotations: Annotations, taskName: string): Json {
  carryDeprecations(annotations, spec, taskName);
  return withFields(without(spec, 'resources'), {
    params: paramSpecs,
    results: ofEach(taskResult),
    steps: ofEach(stepToV1),
    stepTemplate: ofObject(stepTemplateToV1),
    sidecars: resourcesToV1,
  });
}

/** The reverse of taskSpecToV1. */
export function taskSpecFromV1(spec: Json, annotations: Annotations, taskName: string): Json {
  const converted = withFields(spec, {
    params: paramSpecs,
    results: ofEach(taskResult),
    steps: ofEach(stepFromV1),
    stepTemplate: ofObject(stepTemplateFromV1),
    sidecars: resourcesFromV1,
  });
  return restoreDeprecations(annotations, converted, taskName);
}

/** A Task's spec in v1. Its PipelineResources, which nothing reads any more, are kept in an annotation. */
export function taskToV1(spec: Json, annotations: Annotations, name: string): Json {
  carry(annotations, RESOURCES, spec['resources']);
  return taskSpecToV1(spec, annotations, name);
}

export function taskFromV1(spec: Json, annotations: Annotations, name: string): Json {
  const resources = takeResources(annotations, RESOURCES);
  const converted = taskSpecFromV1(spec, annotations, name);
  return resources === undefined ? converted : { ...converted, resources };
}
