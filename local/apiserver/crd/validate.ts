import type { ScalePaths } from '../catalog/resource-type.ts';
import { invalid, required } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { goText, goType } from '../go-text.ts';
import { isObject, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { checkListTypes } from '../schema/list-types.ts';
import { fieldPath } from '../schema/schema.ts';
import type { Schema } from '../schema/schema.ts';
import { validate } from '../schema/validate.ts';
import { validateRules } from './rules/evaluate.ts';

function checkEmbedded(object: JsonObject, path: string): FieldError[] {
  const missing = ['apiVersion', 'kind'].filter((key) => object[key] === undefined);
  const empty = ['apiVersion', 'kind'].filter((key) => object[key] === '');
  return [
    ...missing.map((key) => required(fieldPath(path, key))),
    ...empty.map((key) => invalid(fieldPath(path, key), '', 'must not be empty')),
  ];
}

/** The errors in embedded objects: each needs apiVersion and kind. */
function checkEmbeddedResources(schema: Schema, value: unknown, path: string): FieldError[] {
  const { items, properties, additionalProperties } = schema;
  if (Array.isArray(value))
    return items === undefined
      ? []
      : value.flatMap((item, at) => checkEmbeddedResources(items, item, `${path}[${at}]`));
  if (!isObject(value)) return [];
  const own = schema['x-kubernetes-embedded-resource'] === true ? checkEmbedded(value, path) : [];
  const inner = Object.entries(value).flatMap(([key, item]) => {
    const named = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (named !== undefined) return checkEmbeddedResources(named, item, fieldPath(path, key));
    return typeof additionalProperties === 'object'
      ? checkEmbeddedResources(additionalProperties, item, `${path}[${key}]`)
      : [];
  });
  return [...own, ...inner];
}

function withoutMetadata(schema: Schema): Schema {
  const { metadata: _metadata, ...properties } = schema.properties ?? {};
  return { ...schema, properties };
}

/** The errors in one part of an object, with the part's path before each field. */
export function validateBelow(schema: Schema, value: unknown, field: string, old?: unknown): FieldError[] {
  return validate(schema, value, '', old).map((error) => ({
    ...error,
    field: error.field === '<nil>' || error.field === '' ? field : fieldPath(field, error.field),
  }));
}

function checkStatus(schema: Schema, object: KubeObject, old: KubeObject): FieldError[] {
  const status = schema.properties?.['status'];
  return status === undefined ? [] : validateBelow(status, object['status'], 'status', old['status']);
}

const MAX_REPLICAS = 2 ** 31 - 1;

/** The errors in the replica counts of a custom resource's Scale. */
export function checkScale({ replicas, current, selector }: ScalePaths, object: KubeObject): FieldError[] {
  const numbers = [replicas, current].flatMap((path) => {
    const field = `.${path.join('.')}`;
    const value = valueAt(object, ...path);
    if (value === undefined || value === null) return [];
    if (typeof value !== 'number' || !Number.isInteger(value))
      return [
        invalid(field, 0, `${field} accessor error: ${goText(value)} is of the type ${goType(value)}, expected int64`),
      ];
    if (value < 0) return [invalid(field, value, 'should be a non-negative integer')];
    return value > MAX_REPLICAS ? [invalid(field, value, `should be less than or equal to ${MAX_REPLICAS}`)] : [];
  });
  const text = selector === undefined ? undefined : valueAt(object, ...selector);
  if (selector === undefined || text === undefined || text === null || typeof text === 'string') return numbers;
  const field = `.${selector.join('.')}`;
  const problem = `${field} accessor error: ${goText(text)} is of the type ${goType(text)}, expected string`;
  return [...numbers, invalid(field, '', problem)];
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Warnings for new finalizers of a custom resource. */
export function finalizerWarnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const known = [...standardFinalizers, ...(old?.metadata.finalizers ?? [])];
  const added = [...new Set(object.metadata.finalizers ?? [])].filter(
    (one) => !one.includes('/') && !known.includes(one),
  );
  return added.sort().map((name) => {
    const how = name.includes('.') ? ' including a path (/)' : '';
    return `metadata.finalizers: ${JSON.stringify(name)}: prefer a domain-qualified finalizer name${how} to avoid accidental conflicts with other finalizer writers`;
  });
}

/**
 * The errors in a custom resource by its schema; in an update (`old`) those in the change, or in the status alone. Rules that were broken
 * before give warnings.
 */
export function validateCustomResource(
  schema: Schema,
  object: KubeObject,
  old: KubeObject | undefined,
  subresource: string | undefined,
  warnings: string[],
): FieldError[] {
  const ofStatus = subresource === 'status' && old !== undefined;
  const own = withoutMetadata(schema);
  const ownErrors = ofStatus
    ? checkStatus(schema, object, old)
    : [...validate(own, object, '', old), ...checkEmbeddedResources(schema, object, '')];
  const wasUnique = old === undefined || checkListTypes(own, old).length === 0;
  const errors = [...ownErrors, ...(wasUnique ? checkListTypes(own, object) : [])];
  const rules = validateRules(schema, object, old, errors);
  warnings.push(...rules.warnings);
  return [...errors, ...rules.errors];
}
