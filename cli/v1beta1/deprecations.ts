import { carry, ConversionError, readCarried } from './carried.ts';
import type { Annotations } from './carried.ts';
import { DEPRECATED_FIELDS } from './containers.ts';
import { isObject, only, without } from './json.ts';
import type { Json } from './json.ts';

/** Annotation with the fields of steps and stepTemplates that v1 removed, by the name of their task. */
const TASK_DEPRECATIONS = 'tekton.dev/v1beta1.task-deprecations';

const isSet = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length > 0
    : value !== undefined && value !== null && value !== '' && value !== false && value !== 0;

function deprecatedOf(container: unknown, names: readonly string[]): Json {
  if (!isObject(container)) return {};
  return Object.fromEntries(names.filter((name) => isSet(container[name])).map((name) => [name, container[name]]));
}

const stepsOf = (spec: Json): unknown[] => (Array.isArray(spec['steps']) ? spec['steps'] : []);

/** Go's JSON of a Step with only deprecated fields: name and resources are always written. */
function writtenStep(step: unknown): Json {
  const { ports, ...rest } = deprecatedOf(step, DEPRECATED_FIELDS);
  return { name: '', ...(ports === undefined ? {} : { ports }), resources: {}, ...rest };
}

function writtenTemplate(template: Json): Json {
  const { name, ports, ...rest } = deprecatedOf(template, ['name', ...DEPRECATED_FIELDS]);
  return {
    ...(name === undefined ? {} : { name }),
    ...(ports === undefined ? {} : { ports }),
    resources: {},
    ...rest,
  };
}

function hasDeprecated(spec: Json): boolean {
  const containers = [...stepsOf(spec), ...(isObject(spec['stepTemplate']) ? [spec['stepTemplate']] : [])];
  return containers.some((container, index) => {
    const names = index < stepsOf(spec).length ? DEPRECATED_FIELDS : ['name', ...DEPRECATED_FIELDS];
    return Object.keys(deprecatedOf(container, names)).length > 0;
  });
}

function readDeprecations(annotations: Annotations, what?: string): Record<string, unknown> {
  const all = readCarried(annotations, TASK_DEPRECATIONS, what) ?? {};
  if (!isObject(all))
    throw new ConversionError(`error ${what ?? 'deserializing'} key ${TASK_DEPRECATIONS} from metadata: no object`);
  return all;
}

const byName = ([left]: [string, unknown], [right]: [string, unknown]): number => (left < right ? -1 : 1);

/** Writes the deprecated fields of the v1beta1 TaskSpec to the annotation, which may have those of other tasks of the object. */
export function carryDeprecations(annotations: Annotations, spec: Json, taskName: string): void {
  const all = readDeprecations(annotations, 'serializing');
  if (!hasDeprecated(spec)) return;
  const template = spec['stepTemplate'];
  const steps = stepsOf(spec).map(writtenStep);
  const own = {
    ...(steps.length > 0 ? { deprecatedSteps: steps } : {}),
    ...(isObject(template) ? { deprecatedStepTemplate: writtenTemplate(template) } : {}),
  };
  const entries = Object.entries({ ...all, [taskName]: own }).sort(byName);
  carry(annotations, TASK_DEPRECATIONS, Object.fromEntries(entries));
}

/** Moves the deprecated fields of the task from the annotation to its v1beta1 TaskSpec. */
export function restoreDeprecations(annotations: Annotations, spec: Json, taskName: string): Json {
  const all = readDeprecations(annotations);
  const own = Object.hasOwn(all, taskName) ? all[taskName] : undefined;
  if (!isObject(own)) return spec;
  const others = without(all, taskName);
  const kept = Array.isArray(own['deprecatedSteps']) ? own['deprecatedSteps'] : [];
  const steps = stepsOf(spec);
  if (steps.length !== kept.length)
    throw new ConversionError('length of deserialized steps mismatch the length of target steps');
  if (Object.keys(others).length > 0) carry(annotations, TASK_DEPRECATIONS, others);
  else delete annotations[TASK_DEPRECATIONS];
  const restored = steps.map((step, index) => ({
    ...(isObject(step) ? step : {}),
    ...deprecatedOf(kept[index], DEPRECATED_FIELDS),
  }));
  const template = own['deprecatedStepTemplate'];
  return {
    ...spec,
    ...(steps.length > 0 ? { steps: restored } : {}),
    ...(isObject(template)
      ? {
          stepTemplate: {
            ...(isObject(spec['stepTemplate']) ? spec['stepTemplate'] : {}),
            ...templateFields(template),
          },
        }
      : {}),
  };
}

function templateFields(template: Json): Json {
  return only(without(template, 'resources'), ['name', ...DEPRECATED_FIELDS]);
}
