import type { ResourceType } from '../catalog/resource-type.ts';
import { apiVersionOf } from '../catalog/resource-type.ts';
import { invalid, invalidObject } from '../field-errors.ts';
import { isObject } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { applyPatch, checkPatchType } from '../patch/apply.ts';
import { createObject } from '../registry/create.ts';
import { decode } from '../registry/decode.ts';
import { deleteObject, parseDeleteOptions } from '../registry/delete.ts';
import { inVersion, requireResourceVersion, updateObject } from '../registry/update.ts';
import type { Target } from '../registry/update.ts';
import { listObjects } from '../storage/list.ts';
import { methodNotAllowed, StatusError } from '../status.ts';
import { contentTypeOf, readBody } from './body.ts';
import type { Exchange, ResourceServer } from './exchange.ts';
import { selectionOf, sendObject, withoutType } from './reads.ts';
import { addWarnings, sendJson } from './respond.ts';
import { readDeleteDryRun, showDeleteOptions } from './write-request.ts';

export async function serveCreate(server: ResourceServer, exchange: Exchange): Promise<void> {
  const { request, type, path, write } = exchange;
  if (type.namespaced && path.namespace === undefined) throw methodNotAllowed();
  sendObject(
    server,
    exchange,
    201,
    await createObject(server.api, type, path.namespace, await readBody(request), write),
  );
}

/** What a patch makes of an object: decoded, its unknown fields an error of the patch. */
function patchChange({ request, type, write }: Exchange, patch: unknown): (current: KubeObject) => KubeObject {
  const contentType = contentTypeOf(request);
  return (current) => {
    const { resourceVersion: _resourceVersion, ...metadata } = current.metadata;
    // A patch that does not speak of the version applies to the newest object.
    const patched = applyPatch(contentType, { ...current, metadata }, patch);
    const refuse = (problem: string): Error =>
      invalidObject({ group: '', kind: '' }, '', [invalid('patch', JSON.stringify(patched), problem)]);
    return decode(type, patched, write, refuse);
  };
}

export async function serveUpdate(server: ResourceServer, exchange: Exchange, target: Target): Promise<void> {
  const { request, type, write } = exchange;
  const submitted = decode(type, await readBody(request), write);
  requireResourceVersion(type, submitted);
  sendObject(server, exchange, 200, await updateObject(server.api, target, () => structuredClone(submitted), write));
}

export async function servePatch(server: ResourceServer, exchange: Exchange, target: Target): Promise<void> {
  const { request, type, write } = exchange;
  checkPatchType(contentTypeOf(request), type);
  const change = patchChange(exchange, await readBody(request));
  sendObject(server, exchange, 200, await updateObject(server.api, target, change, write));
}

function deletedStatus(type: ResourceType, { metadata: { name, uid } }: KubeObject): JsonObject {
  const details = { name, ...(type.group === '' ? {} : { group: type.group }), kind: type.resource, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

async function readOptions({ request, query, write }: Exchange): Promise<JsonObject> {
  const body = await readBody(request);
  const options = isObject(body) ? body : {};
  readDeleteDryRun(options, write);
  showDeleteOptions(options, query, write);
  return options;
}

export async function serveDelete(server: ResourceServer, exchange: Exchange, target: Target): Promise<void> {
  const { response, query, type, write } = exchange;
  const options = parseDeleteOptions(await readOptions(exchange), query);
  const { object, gone } = await deleteObject(server.api, target, options, write);
  addWarnings(response, write.warnings);
  if (gone && !type.returnsDeletedObject) sendJson(response, 200, deletedStatus(type, object));
  else sendObject(server, exchange, 200, object);
}

/** Deletes all that the selectors choose; what somebody else deletes meanwhile is no error. */
export async function serveDeleteCollection(server: ResourceServer, exchange: Exchange): Promise<void> {
  const { query, type, response, write } = exchange;
  const { api } = server;
  const options = parseDeleteOptions(await readOptions(exchange), query);
  const { items } = listObjects(api.store, type.storageKey, selectionOf(exchange), query);
  for (const { metadata } of items) {
    const target = { type, namespace: metadata.namespace, name: metadata.name ?? '', subresource: undefined };
    try {
      await deleteObject(api, target, { ...options, isOfCollection: true }, write);
    } catch (error: unknown) {
      if (!(error instanceof StatusError && error.code === 404)) throw error;
    }
  }
  const metadata = { ...(type.builtIn ? {} : { continue: '' }), resourceVersion: String(api.store.revision()) };
  const listed = type.builtIn ? items.map(withoutType) : items.map((object) => inVersion(type, object));
  sendJson(response, 200, { kind: type.listKind, apiVersion: apiVersionOf(type), metadata, items: listed });
}
