import type { ValidationError } from '../../shared/tekton/validation/validation-error.ts';
import { isObject } from './json.ts';
import type { Json } from './json.ts';

const MUST_NOT_SET = 'must not set the field(s)';
const BUNDLE = `${MUST_NOT_SET}: Tekton has removed bundles from references; name a Task or Pipeline of the run's namespace`;
const RESOURCES = `${MUST_NOT_SET}: Tekton has removed PipelineResources; use params, workspaces and results`;

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

const refused = (path: string, value: unknown, message: string): ValidationError[] =>
  isGiven(value) ? [{ path, message }] : [];

function bundleOf(reference: unknown, path: string): ValidationError[] {
  const bundle = isObject(reference) ? reference['bundle'] : undefined;
  return bundle === '' ? [] : refused(`${path}.bundle`, bundle, BUNDLE);
}

function inTaskSpec(spec: unknown, path: string): ValidationError[] {
  return isObject(spec) ? refused(`${path}.resources`, spec['resources'], RESOURCES) : [];
}

function inPipelineTasks(tasks: unknown, path: string): ValidationError[] {
  if (!Array.isArray(tasks)) return [];
  return tasks.flatMap((task: unknown, index) => {
    if (!isObject(task)) return [];
    const at = `${path}[${index}]`;
    return [
      ...refused(`${at}.resources`, task['resources'], RESOURCES),
      ...bundleOf(task['taskRef'], `${at}.taskRef`),
      ...bundleOf(task['pipelineRef'], `${at}.pipelineRef`),
      ...inTaskSpec(task['taskSpec'], `${at}.taskSpec`),
      ...inPipelineSpec(task['pipelineSpec'], `${at}.pipelineSpec`),
    ];
  });
}

function inPipelineSpec(spec: unknown, path: string): ValidationError[] {
  if (!isObject(spec)) return [];
  const { resources } = spec;
  return [
    ...(Array.isArray(resources) && resources.length === 0 ? [] : refused(`${path}.resources`, resources, RESOURCES)),
    ...inPipelineTasks(spec['tasks'], `${path}.tasks`),
    ...inPipelineTasks(spec['finally'], `${path}.finally`),
  ];
}

function timeoutOf({ timeout, timeouts }: Json): ValidationError[] {
  if (!isGiven(timeout) || !isGiven(timeouts)) return [];
  const message = `${MUST_NOT_SET}: timeout and timeouts say the same, so there can only be one of them`;
  return ['spec.timeout', 'spec.timeouts'].map((path) => ({ path, message }));
}

const kinds: Record<string, (spec: Json) => ValidationError[]> = {
  Task: (spec) => inTaskSpec(spec, 'spec'),
  Pipeline: (spec) => inPipelineSpec(spec, 'spec'),
  TaskRun: (spec) => [
    ...refused('spec.resources', spec['resources'], RESOURCES),
    ...bundleOf(spec['taskRef'], 'spec.taskRef'),
    ...inTaskSpec(spec['taskSpec'], 'spec.taskSpec'),
  ],
  PipelineRun: (spec) => [
    ...refused('spec.resources', spec['resources'], RESOURCES),
    ...bundleOf(spec['pipelineRef'], 'spec.pipelineRef'),
    ...inPipelineSpec(spec['pipelineSpec'], 'spec.pipelineSpec'),
    ...timeoutOf(spec),
  ],
};

/**
 * Errors for v1beta1 fields that v1 does not have and upstream's webhook refuses: bundles, PipelineResources, a run with `timeout` and
 * `timeouts` (the `*_validation.go` of its pkg/apis/pipeline/v1beta1). A bundle is refused in an update, too, where upstream drops it silently.
 */
export function refusedInV1beta1({ kind, spec }: { kind: string; spec?: unknown }): ValidationError[] {
  const check = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  return check === undefined || !isObject(spec) ? [] : check(spec);
}
