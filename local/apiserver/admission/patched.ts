import { apiVersionOf } from '../catalog/resource-type.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { invalid, invalidObject } from '../field-errors.ts';
import { isObject } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { normalize } from '../registry/decode.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { goDecodeProblem } from '../schema/go-types.ts';
import { validate } from '../schema/validate.ts';
import { internalError, StatusError } from '../status.ts';
import { calling, WebhookCallError } from './ask.ts';
import type { ReviewAnswer } from './answer.ts';

function parsePatch(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error: unknown) {
    const problem = error instanceof Error ? error.message : String(error);
    const position = Number(/at position (\d+)/.exec(problem)?.[1] ?? text.length);
    throw new Error(position >= text.length ? 'unexpected end of JSON input' : problem, { cause: error });
  }
}

function decodePatch(text: string): unknown[] {
  const value = parsePatch(text);
  if (value === null) return [];
  if (Array.isArray(value)) return value as unknown[];
  const type = isObject(value) ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value;
  throw new Error(`json: cannot unmarshal ${type} into Go value of type jsonpatch.Patch`);
}

/** The operations of a response's patch. Throws a WebhookCallError if they are invalid. */
export async function operationsOf({ patch, patchType }: ReviewAnswer): Promise<unknown[]> {
  if (patch === undefined) return [];
  const operations = await calling('received undecodable patch in webhook response', () => decodePatch(patch));
  if (operations.length > 0 && patchType !== 'JSONPatch')
    throw new WebhookCallError(`unsupported patch type ${JSON.stringify(patchType)}`);
  return operations;
}

/** In a custom resource, metadata of a wrong type is dropped. In a built-in type, any field of a wrong type is an error. */
function checkDecodable(type: ResourceType, object: KubeObject): void {
  if (type.builtIn) {
    const problem = goDecodeProblem(type.schema, object);
    if (problem !== undefined) throw internalError(problem);
    return;
  }
  const known = type.schema.properties?.['metadata']?.properties ?? {};
  const metadata = object.metadata as Record<string, unknown>;
  for (const map of [metadata['labels'], metadata['annotations']].filter(isObject))
    for (const [key, value] of Object.entries(map)) if (value === null) map[key] = '';
  for (const [key, schema] of Object.entries(known))
    if (validate(schema, metadata[key], key).length > 0) delete metadata[key];
}

function checkKind(type: ResourceType, { apiVersion, kind, metadata }: KubeObject): void {
  if (kind === type.kind && apiVersion === apiVersionOf(type)) return;
  if (typeof apiVersion !== 'string' || apiVersion === '' || apiVersion !== apiVersionOf(type))
    throw new StatusError(
      500,
      '',
      `${apiVersion ? `${apiVersion},` : '/,'} Kind=${kind ?? ''} is unstructured and is not suitable for converting to ${JSON.stringify(apiVersionOf(type))}`,
    );
  if (type.builtIn)
    throw internalError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  throw invalidObject({ group: type.group, kind }, metadata?.name ?? '', [
    invalid('kind', kind, `must be ${type.kind}`),
  ]);
}

/**
 * Applies a webhook's patch to the object that it got as `seen`, and sets defaults again. A patch that does not apply is a 500 under any
 * failurePolicy.
 */
export function patchedObject(object: KubeObject, operations: unknown[], seen: ResourceType): KubeObject {
  let patched: unknown;
  try {
    patched = applyJsonPatch(object, operations);
  } catch (error: unknown) {
    throw internalError(error instanceof Error ? error.message : String(error));
  }
  if (!isObject(patched))
    throw internalError('json: cannot unmarshal array into Go value of type map[string]interface {}');
  const next = patched as KubeObject;
  checkKind(seen, next);
  if (!isObject(next.metadata)) next.metadata = {};
  checkDecodable(seen, next);
  if (seen.builtIn) {
    const decoded = normalize(seen, next);
    seen.strategy.applyDefaults?.(decoded);
    return decoded;
  }
  applyDefaults(seen.schema, next);
  return next;
}
