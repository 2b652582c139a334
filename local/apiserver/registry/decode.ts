import { apiVersionOf } from '../catalog/resource-type.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { invalid, invalidObject } from '../field-errors.ts';
import { isObject, textAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { applyDefaults, dropNulls } from '../schema/defaults.ts';
import { modelSchema } from '../schema/models.ts';
import { prune } from '../schema/prune.ts';
import { validate } from '../schema/validate.ts';
import { badRequest } from '../status.ts';
import type { WriteRequest } from './api.ts';

function handled(type: ResourceType, problem: string): string {
  return `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${problem}`;
}

/** A built-in type's apiVersion and kind may be left out; a custom resource names both. */
function checkGroupVersionKind(type: ResourceType, given: JsonObject): JsonObject {
  const expected = apiVersionOf(type);
  const raw = type.builtIn
    ? { ...given, apiVersion: given['apiVersion'] || expected, kind: given['kind'] || type.kind }
    : given;
  const { apiVersion, kind } = raw;
  if (typeof kind !== 'string' || kind === '') throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(raw)}'`);
  if (typeof apiVersion !== 'string' || apiVersion === '')
    throw badRequest(`Object 'apiVersion' is missing in '${JSON.stringify(raw)}'`);
  if (apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  if (kind === type.kind) return raw;
  if (!type.builtIn)
    throw invalidObject({ group: type.group, kind }, textAt(raw, 'metadata', 'name'), [
      invalid('kind', kind, `must be ${type.kind}`),
    ]);
  throw badRequest(`${kind} in version "${type.version}" cannot be handled as a ${type.kind}`);
}

/** Wrong types in fields that the server reads itself can't even be decoded: 400, not 422. */
function checkTypes(type: ResourceType, object: JsonObject): void {
  const errors = type.builtIn
    ? validate(type.schema, object, '')
    : validate(modelSchema('V1ObjectMeta'), object['metadata'], 'metadata');
  const [first] = errors;
  if (first !== undefined) throw badRequest(handled(type, `${first.field}: ${first.message}`));
}

function reportUnknown(unknown: string[], request: WriteRequest, refuse: (problem: string) => Error): void {
  if (unknown.length === 0 || request.fieldValidation === 'Ignore') return;
  const named = unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (request.fieldValidation === 'Strict') throw refuse(`strict decoding error: ${named.join(', ')}`);
  request.warnings.push(...named);
}

/** Brings an object into its type's shape again: unknown fields out, defaults in (in a copy). */
export function normalize(type: ResourceType, object: JsonObject, unknown: string[] = []): KubeObject {
  const pruned = prune(type.schema, object, '', unknown) as KubeObject;
  if (!isObject(pruned.metadata)) pruned.metadata = {};
  dropNulls(type.schema, pruned);
  applyDefaults(type.schema, pruned);
  return pruned;
}

/**
 * Reads a submitted object: right apiVersion and kind, unknown fields pruned (and refused or warned of, by `fieldValidation`), schema
 * defaults applied. `refuse` makes the error for unknown fields; a 400 where absent. Throws 400 for what is no such object.
 */
export function decode(
  type: ResourceType,
  raw: unknown,
  request: WriteRequest,
  refuse?: (problem: string) => Error,
): KubeObject {
  if (!isObject(raw))
    throw badRequest(
      handled(type, `json: cannot unmarshal ${Array.isArray(raw) ? 'array' : typeof raw} into an object`),
    );
  const unknown: string[] = [];
  const object = normalize(type, checkGroupVersionKind(type, raw), unknown);
  reportUnknown(unknown, request, refuse ?? ((problem) => badRequest(handled(type, problem))));
  checkTypes(type, object);
  type.strategy.applyDefaults?.(object);
  return object;
}
