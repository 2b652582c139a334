import { DEPRECATED_FIELDS } from './containers.ts';
import { isObject, ofObject, renamed, without, withFields } from './json.ts';
import type { Json } from './json.ts';

/** The v1beta1 schema of a CustomResourceDefinition is derived from its v1 schema; only the differences are here. */

const text: Json = { type: 'string' };
const flag: Json = { type: 'boolean' };
const anyObject: Json = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const anyObjects: Json = { type: 'array', items: anyObject };

const deprecatedTypes: Record<(typeof DEPRECATED_FIELDS)[number], Json> = {
  ports: anyObjects,
  livenessProbe: anyObject,
  readinessProbe: anyObject,
  startupProbe: anyObject,
  lifecycle: anyObject,
  terminationMessagePath: text,
  terminationMessagePolicy: text,
  stdin: flag,
  stdinOnce: flag,
  tty: flag,
};

/** Fields that are in the schema only to be refused with a reason, not as unknown fields. */
const inputsAndOutputs: Json = { type: 'object', properties: { inputs: anyObjects, outputs: anyObjects } };

type Change = (properties: Json) => Json;

/** Changes the properties of an object's schema, or of the objects in a list's. */
function changed(change: Change): (schema: unknown) => unknown {
  const properties = ofObject(change);
  return ofObject((schema) =>
    withFields(schema, { properties, items: ofObject((items) => withFields(items, { properties })) }),
  );
}

const RENAMED: Record<string, string> = { computeResources: 'resources' };

/** A run's overrides of steps or sidecars: required fields get their new names. */
const override = ofObject((schema) => {
  const required = (names: unknown): unknown =>
    Array.isArray(names) ? names.map((name: string) => RENAMED[name] ?? name) : names;
  const properties = ofObject((fields) => renamed(fields, RENAMED));
  return withFields(schema, { items: ofObject((items) => withFields(items, { required, properties })) });
});

const withBundle = changed((properties) => ({ ...properties, bundle: text }));
const container: Change = (properties) => renamed(properties, RENAMED);
const step: Change = (properties) => ({ ...renamed(properties, RENAMED), ...deprecatedTypes });

const taskSpec: Change = (properties) => ({
  ...withFields(properties, {
    steps: changed(step),
    stepTemplate: changed((template) => ({ ...step(template), name: text })),
    sidecars: changed(container),
  }),
  resources: inputsAndOutputs,
});

const pipelineTask: Change = (properties) => ({
  ...withFields(properties, {
    taskRef: withBundle,
    taskSpec: changed(taskSpec),
    pipelineRef: withBundle,
    pipelineSpec: changed(pipelineSpec),
  }),
  resources: inputsAndOutputs,
});

function pipelineSpec(properties: Json): Json {
  const tasks = changed(pipelineTask);
  return {
    ...withFields(properties, { tasks, finally: tasks }),
    resources: anyObjects,
  };
}

const overrideNames = { stepSpecs: 'stepOverrides', sidecarSpecs: 'sidecarOverrides' };

const taskRunSpec: Change = (properties) => ({
  ...withFields(renamed(properties, overrideNames), {
    taskRef: withBundle,
    taskSpec: changed(taskSpec),
    stepOverrides: override,
    sidecarOverrides: override,
  }),
  resources: inputsAndOutputs,
});

const ofOneTask: Change = (properties) =>
  withFields(
    renamed(properties, {
      ...overrideNames,
      serviceAccountName: 'taskServiceAccountName',
      podTemplate: 'taskPodTemplate',
    }),
    { stepOverrides: override, sidecarOverrides: override },
  );

const pipelineRunSpec: Change = (properties) => ({
  ...withFields(without(properties, 'taskRunTemplate'), {
    pipelineRef: withBundle,
    pipelineSpec: changed(pipelineSpec),
    taskRunSpecs: changed(ofOneTask),
  }),
  serviceAccountName: text,
  podTemplate: anyObject,
  timeout: text,
  resources: anyObjects,
});

const specs: Record<string, Change> = {
  Task: taskSpec,
  Pipeline: pipelineSpec,
  TaskRun: taskRunSpec,
  PipelineRun: pipelineRunSpec,
};

const isV1 = (version: unknown): version is Json => isObject(version) && version['name'] === 'v1';

/**
 * The CustomResourceDefinition of Task, Pipeline, TaskRun or PipelineRun with v1beta1 in addition to v1: served, not stored. Its server
 * must convert (convertTekton). Other definitions are returned unchanged.
 */
export function withV1beta1(definition: object): object {
  const { spec } = definition as { spec?: unknown };
  if (!isObject(spec) || spec['group'] !== 'tekton.dev' || !isObject(spec['names'])) return definition;
  const kind = String(spec['names']['kind']);
  const change = Object.hasOwn(specs, kind) ? specs[kind] : undefined;
  const versions: unknown[] = Array.isArray(spec['versions']) ? spec['versions'] : [];
  const v1 = versions.find(isV1);
  if (change === undefined || v1 === undefined) return definition;
  const openAPIV3Schema = changed((properties) => withFields(properties, { spec: changed(change) }));
  const schema = ofObject((both) => withFields(both, { openAPIV3Schema }));
  const v1beta1 = withFields({ ...v1, name: 'v1beta1', storage: false }, { schema });
  return { ...definition, spec: { ...spec, versions: [...versions, v1beta1] } };
}
