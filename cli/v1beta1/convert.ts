import type { Annotations } from './carried.ts';
import { isObject } from './json.ts';
import type { Json } from './json.ts';
import { pipelineFromV1, pipelineToV1 } from './pipeline.ts';
import {
  carryPipelineRunResources,
  pipelineRunSpecFromV1,
  pipelineRunSpecToV1,
  pipelineRunStatusFromV1,
  pipelineRunStatusToV1,
} from './pipeline-run.ts';
import { taskFromV1, taskToV1 } from './task.ts';
import {
  carryTaskRunResources,
  taskRunSpecFromV1,
  taskRunSpecToV1,
  taskRunStatusFromV1,
  taskRunStatusToV1,
} from './task-run.ts';

export const V1 = 'tekton.dev/v1';
export const V1BETA1 = 'tekton.dev/v1beta1';

/** Spec and status of one object during a conversion; `annotations` are changed in place. */
interface Content {
  spec: Json;
  status: Json | undefined;
  annotations: Annotations;
  name: string;
}

type Converted = Pick<Content, 'spec' | 'status'>;
type Convert = (content: Content) => Converted;

/** A run's status is converted before its spec: both may write the same annotations, and the last one stays. */
const kinds: Record<string, { toV1: Convert; fromV1: Convert }> = {
  Task: {
    toV1: ({ spec, status, annotations, name }) => ({ spec: taskToV1(spec, annotations, name), status }),
    fromV1: ({ spec, status, annotations, name }) => ({ spec: taskFromV1(spec, annotations, name), status }),
  },
  Pipeline: {
    toV1: ({ spec, status, annotations }) => ({ spec: pipelineToV1(spec, annotations), status }),
    fromV1: ({ spec, status, annotations }) => ({ spec: pipelineFromV1(spec, annotations), status }),
  },
  TaskRun: {
    toV1: ({ spec, status, annotations, name }) => {
      carryTaskRunResources(spec, annotations);
      const converted = status && taskRunStatusToV1(status, annotations, name);
      return { status: converted, spec: taskRunSpecToV1(spec, annotations, name) };
    },
    fromV1: ({ spec, status, annotations, name }) => {
      const converted = taskRunStatusFromV1(status, annotations, name);
      return { status: converted, spec: taskRunSpecFromV1(spec, annotations, name) };
    },
  },
  PipelineRun: {
    toV1: ({ spec, status, annotations }) => {
      carryPipelineRunResources(spec, annotations);
      const converted = status && pipelineRunStatusToV1(status, annotations);
      return { status: converted, spec: pipelineRunSpecToV1(spec, annotations) };
    },
    fromV1: ({ spec, status, annotations }) => {
      const converted = status && pipelineRunStatusFromV1(status, annotations);
      return { status: converted, spec: pipelineRunSpecFromV1(spec, annotations) };
    },
  },
};

function annotationsOf(metadata: Json): Annotations {
  const texts = isObject(metadata['annotations']) ? Object.entries(metadata['annotations']) : [];
  return Object.fromEntries(texts.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function withAnnotations(metadata: Json, annotations: Annotations): Json {
  const { annotations: before, ...rest } = metadata;
  const isEmpty = Object.keys(annotations).length === 0;
  return isEmpty && !(isObject(before) && Object.keys(before).length === 0) ? rest : { ...metadata, annotations };
}

/**
 * Converts a Task, Pipeline, TaskRun or PipelineRun as upstream's conversion webhook does (the `*_conversion.go` of its
 * pkg/apis/pipeline/v1beta1, release 1.15). `apiVersion` is tekton.dev/v1 or tekton.dev/v1beta1. Of the metadata only annotations change.
 * It differs from upstream in two ways. Fields that both versions have and upstream's conversion loses stay (managedBy, a status'
 * spanContext, annotations in taskRunSpecs, pipelines in pipelines, the livenessProbe of a stepTemplate). Defaults that an installation configures
 * are not filled in. In other kinds and versions only the apiVersion changes. Throws ConversionError.
 */
export function convertTekton<T extends { apiVersion: string; kind: string }>(object: T, apiVersion: string): T {
  if (object.apiVersion === apiVersion) return object;
  const convert = Object.hasOwn(kinds, object.kind) ? kinds[object.kind] : undefined;
  const isKnown = [object.apiVersion, apiVersion].every((one) => one === V1 || one === V1BETA1);
  if (convert === undefined || !isKnown) return { ...object, apiVersion };
  const { metadata, spec, status, ...rest }: Json = { ...object };
  const before = isObject(metadata) ? metadata : {};
  const annotations = annotationsOf(before);
  const content = {
    spec: isObject(spec) ? spec : {},
    status: isObject(status) ? status : undefined,
    annotations,
    name: typeof before['name'] === 'string' ? before['name'] : '',
  };
  const converted = (apiVersion === V1 ? convert.toV1 : convert.fromV1)(content);
  return {
    ...rest,
    apiVersion,
    metadata: withAnnotations(before, annotations),
    ...(spec === undefined && Object.keys(converted.spec).length === 0 ? {} : { spec: converted.spec }),
    ...(converted.status === undefined ? {} : { status: converted.status }),
  } as unknown as T;
}
