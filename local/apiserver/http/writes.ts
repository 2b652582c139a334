import type { ResourceType } from '../catalog/resource-type.ts';
import { invalid, invalidObject } from '../field-errors.ts';
import { goText, jsonKind } from '../go-text.ts';
import { isObject } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { APPLY_PATCH, applyPatch, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH } from '../patch/apply.ts';
import { shownPatched } from '../patch/shown.ts';
import { unknownOperationFields } from '../patch/read-json-patch.ts';
import { applyObject } from '../registry/apply.ts';
import { createObject } from '../registry/create.ts';
import { decode } from '../registry/decode.ts';
import { deleteObject } from '../registry/delete.ts';
import { deleteOptionsIn, parseDeleteOptions } from '../registry/delete-options.ts';
import type { DeleteOptions } from '../registry/delete-options.ts';
import { checkChanged, replaceObject } from '../registry/replace.ts';
import { updateObject } from '../registry/update.ts';
import type { Target } from '../registry/update.ts';
import { listObjects } from '../storage/list.ts';
import { badRequest, methodNotAllowed, notFound, StatusError } from '../status.ts';
import { contentTypeOf, readApplied, readDeleteOptions, readObject, readPatch } from './body.ts';
import type { Exchange, ResourceServer } from './exchange.ts';
import { selectionOf, sendList, sendObject } from './reads.ts';
import { addWarnings, sendJson } from './respond.ts';
import { showDeleteOptions } from './write-request.ts';

export async function serveCreate(server: ResourceServer, exchange: Exchange): Promise<void> {
  const { request, type, path, write } = exchange;
  if (type.namespaced && path.namespace === undefined) throw methodNotAllowed();
  sendObject(
    server,
    exchange,
    201,
    await createObject(server.api, type, path.namespace, await readObject(request, type, write), write),
  );
}

/** Applies a patch and decodes the result. Decoding errors are errors of the patch; `check` validates the result. */
export function patchChange(
  { request, type, write }: Exchange,
  patch: unknown,
  check: (object: KubeObject) => void = () => undefined,
): (current: KubeObject) => KubeObject {
  const contentType = contentTypeOf(request);
  return (current) => {
    const isLax = write.fieldValidation === 'Ignore';
    const patched = applyPatch(contentType, type.schema, current, patch, isLax);
    const shown = contentType === STRATEGIC_PATCH ? goText(patch) : shownPatched(type, patched, patch);
    const refuse = (problem: string): StatusError =>
      invalidObject({ group: '', kind: '' }, '', [invalid('patch', shown, problem)]);
    const fromMap = contentType === STRATEGIC_PATCH;
    const object = decode(type, patched, write, { refuse, fromMap, isPatch: true });
    check(object);
    // A patch without a resourceVersion applies to the newest object.
    if (object.metadata.resourceVersion === current.metadata.resourceVersion) delete object.metadata.resourceVersion;
    return object;
  };
}

export async function serveUpdate(server: ResourceServer, exchange: Exchange, target: Target): Promise<void> {
  const { request, type, write } = exchange;
  const submitted = decode(type, await readObject(request, type, write), write);
  const { object, created } = await replaceObject(server.api, target, submitted, write);
  sendObject(server, exchange, created ? 201 : 200, object);
}

async function serveApply(server: ResourceServer, exchange: Exchange, target: Target): Promise<void> {
  const { request, write } = exchange;
  const { type, namespace, name, subresource } = target;
  if (subresource !== undefined && server.api.store.get(type.storageKey, namespace, name) === undefined)
    throw notFound(type, name);
  const config = (await readApplied(request, write.strictErrors)) ?? {};
  if (!isObject(config)) {
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(config)} into Go value of type map[string]interface {}`,
    );
  }
  const { object, created } = await applyObject(server.api, target, config, write);
  sendObject(server, exchange, created ? 201 : 200, object);
}

/** Reads the patch. The error for invalid JSON depends on the field validation. */
export async function readPatchOf({ request, write }: Exchange, contentType: string): Promise<unknown> {
  const { fieldValidation, strictErrors } = write;
  const isLax = fieldValidation === 'Ignore';
  if (contentType === STRATEGIC_PATCH) return readPatch(request, '', strictErrors);
  if (isLax && contentType === MERGE_PATCH) return readPatch(request, 'Invalid JSON Patch', []);
  const prefix = isLax ? '' : 'error decoding patch: ';
  if (contentType !== JSON_PATCH) return readPatch(request, prefix, strictErrors);
  const found: string[] = [];
  const patch = await readPatch(request, prefix, found);
  strictErrors.push(...[...found, ...unknownOperationFields(patch)].map((one) => `json patch ${one}`));
  return patch;
}

export async function servePatch(server: ResourceServer, exchange: Exchange, target: Target): Promise<void> {
  const { request, type, write } = exchange;
  const contentType = contentTypeOf(request);
  if (contentType === APPLY_PATCH) return serveApply(server, exchange, target);
  const { namespace, name } = target;
  // A missing object is reported before errors of the patch.
  if (server.api.store.get(type.storageKey, namespace, name) === undefined) throw notFound(type, name);
  const patch = await readPatchOf(exchange, contentType);
  const change = patchChange(exchange, patch, (object) => checkChanged(target, object));
  sendObject(server, exchange, 200, await updateObject(server.api, target, change, write));
}

function deletedStatus(type: ResourceType, { metadata: { name, uid } }: KubeObject): JsonObject {
  const details = { name, ...(type.group === '' ? {} : { group: type.group }), kind: type.resource, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** Options of a deletion: those of the body, or else of the query. */
async function readOptions({ request, query, write }: Exchange): Promise<DeleteOptions> {
  const body = await readDeleteOptions(request);
  const given = body === undefined ? deleteOptionsIn(query) : isObject(body) ? body : {};
  const options = parseDeleteOptions(given);
  showDeleteOptions(given, write);
  return options;
}

export async function serveDelete(server: ResourceServer, exchange: Exchange, target: Target): Promise<void> {
  const { response, type, write } = exchange;
  const options = await readOptions(exchange);
  const { object, gone } = await deleteObject(server.api, target, options, write);
  addWarnings(response, write.warnings);
  if (gone && !type.returnsDeletedObject) return sendJson(response, 200, deletedStatus(type, object));
  sendObject(server, exchange, !gone && options.isCascading === true ? 202 : 200, object);
}

/** Deletes the selected objects; one that is gone meanwhile is no error. */
export async function serveDeleteCollection(server: ResourceServer, exchange: Exchange): Promise<void> {
  const { query, type, response, write } = exchange;
  const { api } = server;
  const selection = selectionOf(exchange);
  const options = await readOptions(exchange);
  const page = listObjects(api.store, type, selection, query);
  for (const { metadata } of page.items) {
    const target = { type, namespace: metadata.namespace, name: metadata.name ?? '', subresource: undefined };
    try {
      await deleteObject(api, target, { ...options, isOfCollection: true }, write);
    } catch (error: unknown) {
      if (!(error instanceof StatusError && error.code === 404)) throw error;
    }
  }
  addWarnings(response, write.warnings);
  sendList(server, exchange, page);
}
