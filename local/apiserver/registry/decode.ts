import { apiVersionOf } from '../catalog/resource-type.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { jsonKind, notRegistered } from '../go-text.ts';
import { duplicateKeysText } from '../go-yaml.ts';
import { isObject, textAt, withSortedKeys } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { applyDefaults, dropNulls } from '../schema/defaults.ts';
import { definitionName, isDefined } from '../schema/definitions.ts';
import { namedSchema, objectMetaSchema } from '../schema/models.ts';
import { noUnknownFields, prune, withObjectFields } from '../schema/prune.ts';
import type { UnknownFields } from '../schema/prune.ts';
import { typeMetaProblem } from '../schema/type-meta.ts';
import type { Schema } from '../schema/schema.ts';
import { goConvertProblem, goDecodeProblem } from '../schema/go-types.ts';
import { badRequest, internalError } from '../status.ts';
import type { WriteRequest } from './write-request.ts';

/** `named`: the kind in the request, which may differ. */
function handled(type: ResourceType, problem: string, named = type.kind): string {
  return `${named} in version "${type.version}" cannot be handled as a ${type.kind}: ${problem}`;
}

/** The Go package of a built-in type in errors. */
function internalName({ group, kind }: ResourceType): string {
  return `${group === '' ? 'core' : group.split('.')[0]}.${kind}`;
}

/** The error for an object of another built-in type. */
function otherBuiltIn(type: ResourceType, apiVersion: string, kind: string, raw: JsonObject): string {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const named = { group, version, kind };
  if (!isDefined(named)) return notRegistered(kind, apiVersion);
  const problem = goDecodeProblem(namedSchema(definitionName(named)), raw);
  return problem ?? `converting (${version}.${kind}) to (${internalName(type)}): unknown conversion`;
}

/** A custom resource of another version is read by that version's schema, if there is one, and then refused. */
function reportOtherVersion(type: ResourceType, raw: JsonObject, request: WriteRequest): void {
  const [version = '', group = ''] = textAt(raw, 'apiVersion').split('/').reverse();
  const unknown = noUnknownFields();
  const isKnown = group === type.group && textAt(raw, 'kind') === type.kind;
  const others: Schema = { type: 'object', ...(isKnown ? {} : { 'x-kubernetes-preserve-unknown-fields': true }) };
  prune((isKnown ? type.versionSchemas?.[version] : undefined) ?? withObjectFields(others), raw, '', unknown);
  const kind = textAt(raw, 'kind');
  const refuse = (problem: string): Error =>
    badRequest(`${kind} in version "${version}" cannot be handled as a ${type.kind}: ${problem}`);
  const problem = goDecodeProblem(objectMetaSchema(), withSortedKeys(raw['metadata']));
  if (problem !== undefined) throw refuse(problem);
  const isNamed = textAt(raw, 'apiVersion') !== '';
  const strictly = (strict: string): Error =>
    isNamed
      ? badRequest(handled({ ...type, version, kind }, strict))
      : badRequest("Object 'apiVersion' is missing in 'object has no apiVersion field'");
  reportUnknown(type, unknown, request, strictly);
}

/** apiVersion and kind are optional for built-in types, required for custom resources. */
function checkGroupVersionKind(type: ResourceType, given: JsonObject, request: WriteRequest): JsonObject {
  const expected = apiVersionOf(type);
  const raw = type.builtIn
    ? { ...given, apiVersion: given['apiVersion'] || expected, kind: given['kind'] || type.kind }
    : given;
  const apiVersion = textAt(raw, 'apiVersion');
  const kind = textAt(raw, 'kind');
  if (apiVersion === expected && kind === type.kind) return raw;
  if (type.builtIn) {
    const version = apiVersion.split('/').at(-1) ?? '';
    const problem = otherBuiltIn(type, apiVersion, kind, raw);
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${type.kind}: ${problem}`);
  }
  // Validation finds another kind.
  if (apiVersion === expected) return raw;
  reportOtherVersion(type, raw, request);
  throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${expected})`);
}

const typeMetaSchema: Schema = {
  type: 'object',
  properties: { apiVersion: { type: 'string' }, kind: { type: 'string' } },
};

/** The same for a patched object, whose type a strategic merge patch can't change. */
function checkPatchedType(type: ResourceType, raw: JsonObject, { refuse, fromMap }: DecodeOptions): JsonObject {
  const expected = apiVersionOf(type);
  if (fromMap) {
    const problem = goConvertProblem(typeMetaSchema, { apiVersion: raw['apiVersion'], kind: raw['kind'] });
    if (problem !== undefined) throw refuse(problem);
    return { ...raw, apiVersion: expected, kind: type.kind };
  }
  const unread = typeMetaProblem(raw);
  if (unread !== undefined) throw refuse(`couldn't get version/kind; json parse error: ${unread}`);
  const [apiVersion, kind] = [textAt(raw, 'apiVersion'), textAt(raw, 'kind')];
  const missing = kind === '' ? 'kind' : apiVersion === '' ? 'apiVersion' : undefined;
  if (!type.builtIn && kind !== '' && raw['apiVersion'] === '')
    throw internalError("Object 'apiVersion' is missing in 'object has no apiVersion field'");
  if (!type.builtIn && missing !== undefined) {
    const name = missing === 'kind' ? 'Kind' : missing;
    throw refuse(`Object '${name}' is missing in '${JSON.stringify(withSortedKeys(raw))}'`);
  }
  if (type.builtIn) {
    const [version, named] = [apiVersion || expected, kind || type.kind];
    if (version !== expected || named !== type.kind) throw refuse(otherBuiltIn(type, version, named, raw));
    return { ...raw, apiVersion: expected, kind: named };
  }
  // Validation finds another version or kind.
  return raw;
}

/** Wrong types in fields that the server reads itself are decoding errors: 400, not 422. */
function checkTypes(type: ResourceType, raw: JsonObject, options: DecodeOptions): void {
  const problem = options.fromMap
    ? goConvertProblem(type.schema, raw)
    : type.builtIn
      ? goDecodeProblem(type.schema, options.isPatch ? withSortedKeys(raw) : raw)
      : goDecodeProblem(objectMetaSchema(), withSortedKeys(raw['metadata']));
  if (problem !== undefined) throw options.refuse(problem);
}

const isMeta = (path: string): boolean => path.startsWith('metadata.');

/** For a custom resource in this order: metadata, its own fields, metadata of embedded objects. */
function orderOf({ builtIn }: ResourceType, { paths, embedded }: UnknownFields): string[] {
  if (builtIn) return paths;
  const own = paths.filter((path) => !isMeta(path));
  return [paths.filter(isMeta), own, embedded].flatMap((list) => list.sort());
}

/** All in one. The errors of a YAML text are one error of several lines. */
function strictText(named: string[]): string {
  const ofYaml = named.filter((one) => /^line \d+: key .* already set in map$/.test(one));
  const others = named.filter((one) => !ofYaml.includes(one));
  return [...(ofYaml.length > 0 ? [duplicateKeysText(ofYaml)] : []), ...others].join(', ');
}

function reportUnknown(
  type: ResourceType,
  unknown: UnknownFields,
  request: WriteRequest,
  refuse: DecodeOptions['refuse'],
): void {
  const named = [
    ...request.strictErrors,
    ...orderOf(type, unknown).map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
  if (named.length === 0 || request.fieldValidation === 'Ignore') return;
  if (request.fieldValidation === 'Strict') throw refuse(`strict decoding error: ${strictText(named)}`);
  request.warnings.push(...named);
}

/** A copy of an object without unknown fields and with defaults. */
export function normalize(type: ResourceType, object: JsonObject, unknown = noUnknownFields()): KubeObject {
  const pruned = prune(type.schema, object, '', unknown) as KubeObject;
  if (!isObject(pruned.metadata)) pruned.metadata = {};
  // Nulls of custom resources are dropped in requests only.
  if (type.builtIn) dropNulls(type.schema, pruned);
  else {
    dropNulls(objectMetaSchema(), pruned.metadata);
    // An empty list would reset the managers.
    if (pruned.metadata.managedFields?.length === 0) delete pruned.metadata.managedFields;
  }
  applyDefaults(type.schema, pruned);
  return pruned;
}

/** The differences between a patched and a submitted object. */
export interface DecodeOptions {
  /** Makes a decoding error. */
  refuse: (this: void, problem: string) => Error;
  /** Converted from a map, as after a strategic merge patch, not from JSON. */
  fromMap: boolean;
  /** The result of a patch, with sorted fields. */
  isPatch?: boolean;
}

/**
 * Reads a submitted object: checks apiVersion and kind, prunes unknown fields (an error or a warning by `fieldValidation`) and sets schema
 * defaults. Throws 400, or for a patch the error of `options`.
 */
export function decode(type: ResourceType, raw: unknown, request: WriteRequest, options?: DecodeOptions): KubeObject {
  const how = options ?? {
    refuse: (problem) => badRequest(handled(type, problem, textAt(raw, 'kind') || type.kind)),
    fromMap: false,
  };
  if (!isObject(raw)) throw how.refuse(`json: cannot unmarshal ${jsonKind(raw)} into Go value of type v1.${type.kind}`);
  const unknown = noUnknownFields();
  const given =
    options === undefined ? checkGroupVersionKind(type, raw, request) : checkPatchedType(type, raw, options);
  checkTypes(type, given, how);
  // The result of a patch has sorted fields.
  const ordered = options?.isPatch === true ? (withSortedKeys(given) as JsonObject) : given;
  const sent = type.builtIn ? ordered : structuredClone(given);
  if (!type.builtIn) dropNulls(type.schema, sent);
  const object = normalize(type, sent, unknown);
  // With another kind, only a custom resource's metadata is read.
  const isOther = !type.builtIn && (object.kind !== type.kind || object.apiVersion !== apiVersionOf(type));
  const known = isOther ? { paths: unknown.paths.filter(isMeta), embedded: [] } : unknown;
  const strictly = (problem: string): Error => badRequest(handled({ ...type, kind: object.kind }, problem));
  reportUnknown(type, known, request, options === undefined && isOther ? strictly : how.refuse);
  type.strategy.applyDefaults?.(object);
  return object;
}
