import { RunFailure } from '../../../shared/tekton/run-failure.ts';
import {
  mergeReplacements,
  paramReplacements,
  referencesIn,
  substituteValue,
} from '../../../shared/tekton/substitution.ts';
import type { Replacements } from '../../../shared/tekton/substitution.ts';
import type { Param, ParamSpec, ParamType, ParamValue } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';

export const typeOfValue = traced('typeOfValue', (value: ParamValue): ParamType => {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'object' ? 'object' : 'string';
});

/** A declaration's type: named, or told by its properties or default. */
export const typeOfSpec = traced(
  'typeOfSpec',
  (spec: Pick<ParamSpec, 'type' | 'default' | 'properties'>): ParamType => {
    if (spec.type) return spec.type;
    if (spec.properties) return 'object';
    return spec.default === undefined ? 'string' : typeOfValue(spec.default);
  },
);

const missingKeys = traced('missingKeys', (spec: ParamSpec, given: ParamValue | undefined): string[] => {
  if (typeOfSpec(spec) !== 'object') return [];
  const provided = { ...(spec.default as object | undefined), ...(given as object | undefined) };
  return Object.keys(spec.properties ?? {}).filter((key) => !Object.hasOwn(provided, key));
});

/** Go's way of printing a list, which upstream's messages have. */
const goList = traced('goList', (names: readonly string[]): string => `[${names.join(' ')}]`);

/** What is wrong with the params, in upstream's words; undefined when nothing is. */
const paramsProblem = traced(
  'paramsProblem',
  (specs: readonly ParamSpec[], given: ReadonlyMap<string, ParamValue>): string | undefined => {
    const missing = specs.filter(({ name, default: fallback }) => !given.has(name) && fallback === undefined);
    if (missing.length > 0) {
      return `missing values for these params which have no default values: ${goList(missing.map(({ name }) => name))}`;
    }
    const wrong = specs.filter((spec) => {
      const value = given.get(spec.name);
      return value !== undefined && typeOfValue(value) !== typeOfSpec(spec);
    });
    if (wrong.length > 0) {
      return `param types don't match the user-specified type: ${goList(wrong.map(({ name }) => name))}`;
    }
    const incomplete = specs.flatMap((spec) => {
      const keys = missingKeys(spec, given.get(spec.name));
      return keys.length > 0 ? [`${spec.name}:${goList(keys)}`] : [];
    });
    if (incomplete.length === 0) return undefined;
    return `missing keys for these params which are required in ParamSpec's properties map[${incomplete.join(' ')}]`;
  },
);

/** Checks that every declared param has a value of its type. Throws RunFailure, naming those that don't. */
export const ValidateResolvedTask = traced(
  'ValidateResolvedTask',
  (taskName: string, specs: readonly ParamSpec[], params: readonly Param[]): void => {
    const problem = paramsProblem(specs, new Map(params.map(({ name, value }) => [name, value])));
    if (problem) {
      throw new RunFailure('TaskRunValidationFailed', `invalid input params for task ${taskName}: ${problem}`);
    }
  },
);

/** Checks values against the declared enums. Throws RunFailure, naming the first that is in none. */
export const ValidateEnumParam = traced(
  'ValidateEnumParam',
  (specs: readonly ParamSpec[], params: readonly Param[]): void => {
    const allowed = new Map(specs.flatMap(({ name, enum: values }) => (values ? [[name, values]] : [])));
    for (const { name, value } of params) {
      const values = allowed.get(name);
      if (!values || typeof value !== 'string' || value === '' || values.includes(value)) continue;
      const message = `param \`${name}\` value: ${value} is not in the enum list ${goList(values)}`;
      throw new RunFailure('InvalidParamValue', message);
    }
  },
);

/** A declared param's value: given ones win, an object's keys are filled up from the default. */
const valueOf = traced('valueOf', (spec: ParamSpec, given: ParamValue | undefined): ParamValue | undefined => {
  if (given === undefined) return spec.default;
  const both = typeOfValue(given) === 'object' && spec.default !== undefined && typeOfValue(spec.default) === 'object';
  return both ? { ...(spec.default as object), ...(given as object) } : given;
});

/** What the `$(params…)` references stand for: declared params, and those given that the task doesn't declare (propagated). */
export const taskParamReplacements = traced(
  'taskParamReplacements',
  (specs: readonly ParamSpec[], params: readonly Param[]): Replacements => {
    const given = new Map(params.map(({ name, value }) => [name, value]));
    const declared = specs.flatMap((spec) => {
      const value = valueOf(spec, given.get(spec.name));
      return value === undefined ? [] : [{ name: spec.name, value, fromDefault: !given.has(spec.name) }];
    });
    const known = paramReplacements([...params, ...declared]);
    // A default may refer to other params.
    const resolved = declared
      .filter(({ value, fromDefault }) => fromDefault && typeof value === 'string' && referencesIn(value).length > 0)
      .map(({ name, value }) => ({ name, value: substituteValue(value, known) }));
    return mergeReplacements(known, paramReplacements(resolved));
  },
);
