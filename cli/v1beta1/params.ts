import { isObject, ofEach, ofObject, without, withFields } from './json.ts';
import type { Json } from './json.ts';

/** Params, declarations of params and results are equal in v1beta1 and v1; the conversion fills in their defaults. */

const isText = (value: unknown): boolean => typeof value === 'string' || value === null;

/**
 * A value as upstream reads it: a string, a list of strings, or an object of strings. Other JSON becomes a string (`ParamValue.UnmarshalJSON`
 * of pkg/apis/pipeline/v1beta1).
 */
function paramValue(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (Array.isArray(value) && value.every(isText)) return value.map((item: unknown) => item ?? '');
  if (isObject(value) && Object.values(value).every(isText))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, item ?? '']));
  return JSON.stringify(value);
}

/** `{name, value}` of a run, a pipeline task, a reference, a matrix, or a written result. */
export const param = (object: Json): Json =>
  'value' in object ? { ...object, value: paramValue(object['value']) } : object;

export const params = ofEach(param);

/** A reference to a Task, Pipeline or StepAction, with the resolver's params. */
export const reference = ofObject((object) => withFields(object, { params }));

/** The same without the `bundle` of v1beta1, which is refused before the conversion. */
export const withoutBundle = ofObject((object) => withFields(without(object, 'bundle'), { params }));

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return isObject(value) ? 'object' : 'string';
}

/** Properties of an object param or result without a type are strings. */
const properties = ofObject((object) =>
  Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      key,
      isObject(value) && !value['type'] ? { ...value, type: 'string' } : value,
    ]),
  ),
);

/** A declared param with its type: the declared one, else object if it has properties, else that of the default, else string (`ParamSpec.SetDefaults`). */
function paramSpec(object: Json): Json {
  const spec = withFields(object, { properties, default: paramValue });
  const inferred = isObject(spec['properties']) ? 'object' : typeOf(spec['default']);
  return { ...spec, type: spec['type'] || inferred };
}

export const paramSpecs = ofEach(paramSpec);

/** A Task's declared result, with its type (`TaskResult.SetDefaults`). */
export function taskResult(object: Json): Json {
  const spec = withFields(object, { properties, value: paramValue });
  return { ...spec, type: spec['type'] || (isObject(spec['properties']) ? 'object' : 'string') };
}
