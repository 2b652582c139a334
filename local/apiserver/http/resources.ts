import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PodLogSource } from '../../pod-logs.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { apiVersionOf } from '../catalog/resource-type.ts';
import { invalidObject } from '../field-errors.ts';
import type { Tokens } from '../identity/tokens.ts';
import type { UserInfo } from '../identity/user.ts';
import { isObject } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { applyPatch, checkPatchType } from '../patch/apply.ts';
import type { Api, WriteRequest } from '../registry/api.ts';
import { createObject } from '../registry/create.ts';
import { decode } from '../registry/decode.ts';
import { deleteObject, parseDeleteOptions } from '../registry/delete.ts';
import { answerReview } from '../registry/reviews.ts';
import { inVersion, requireResourceVersion, updateObject } from '../registry/update.ts';
import type { Target } from '../registry/update.ts';
import { badRequest, methodNotAllowed, noSuchPath, notFound, qualified, StatusError } from '../status.ts';
import { parseSelection } from '../storage/selection.ts';
import { partialMetadata, table } from '../table/table.ts';
import type { IncludeObject } from '../table/table.ts';
import { contentTypeOf, readBody } from './body.ts';
import { negotiate } from './negotiate.ts';
import type { Representation } from './negotiate.ts';
import type { ResourcePath } from './path.ts';
import { addWarnings, sendJson } from './respond.ts';
import { bindPod, requestToken } from './subresources.ts';
import { serveLogs } from './logs.ts';
import { serveWatch } from './watch.ts';
import { readWriteRequest } from './write-request.ts';

export interface ResourceServer {
  api: Api;
  tokens: Tokens;
  podLogs(): PodLogSource | undefined;
  /** Aborted when the server closes. */
  closing: AbortSignal;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  user: UserInfo;
  type: ResourceType;
  path: ResourcePath;
}

const representations: Representation[] = ['Table', 'PartialObjectMetadata'];

function includeOf(query: URLSearchParams): IncludeObject {
  const include = query.get('includeObject') ?? 'Metadata';
  if (include === 'None' || include === 'Metadata' || include === 'Object') return include;
  throw badRequest(
    `includeObject: Unsupported value: ${JSON.stringify(include)}: supported values: "Metadata", "None", "Object"`,
  );
}

function sendObject(
  server: ResourceServer,
  { request, response, query, type }: Exchange,
  code: number,
  object: KubeObject,
): void {
  const as = negotiate(request.headers.accept, representations);
  const served = inVersion(type, object);
  if (as === 'Table') {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    sendJson(
      response,
      code,
      table(type, [served], metadata, { include: includeOf(query), now: server.api.now(), columns: true }),
    );
  } else sendJson(response, code, as === 'PartialObjectMetadata' ? partialMetadata(served) : served);
}

function selectionOf({ type, path, query }: Exchange): ReturnType<typeof parseSelection> {
  return parseSelection(type, type.namespaced ? path.namespace : undefined, query);
}

function serveList(server: ResourceServer, exchange: Exchange): void {
  const { request, response, query, type } = exchange;
  const { api } = server;
  const as = negotiate(request.headers.accept, representations);
  const page = api.lister.list(type.storageKey, selectionOf(exchange), query);
  const metadata: JsonObject = {
    resourceVersion: String(page.revision),
    ...(page.next === undefined ? {} : { continue: page.next, remainingItemCount: page.remaining }),
  };
  const items = page.items.map((object) => inVersion(type, object));
  if (as === 'Table')
    sendJson(response, 200, table(type, items, metadata, { include: includeOf(query), now: api.now(), columns: true }));
  else if (as === 'PartialObjectMetadata')
    sendJson(response, 200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: items.map(partialMetadata),
    });
  else sendJson(response, 200, { kind: type.listKind, apiVersion: apiVersionOf(type), metadata, items });
}

function serveWatchRequest(server: ResourceServer, exchange: Exchange): void {
  const { request, response, query, type, path } = exchange;
  const selection = selectionOf(exchange);
  const { name } = path;
  const narrowed =
    name === undefined
      ? selection
      : { ...selection, matches: (object: KubeObject) => object.metadata.name === name && selection.matches(object) };
  serveWatch(server.api, {
    type,
    selection: narrowed,
    query,
    representation: negotiate(request.headers.accept, representations),
    include: includeOf(query),
    response,
    signal: server.closing,
  });
}

function deletedStatus(type: ResourceType, object: KubeObject): JsonObject {
  const { name, uid } = object.metadata;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(type.group === '' ? {} : { group: type.group }), kind: type.resource, uid },
  };
}

async function serveDelete(
  server: ResourceServer,
  exchange: Exchange,
  target: Target,
  write: WriteRequest,
  body: JsonObject,
): Promise<void> {
  const { response, query, type } = exchange;
  const { object, gone } = await deleteObject(server.api, target, parseDeleteOptions(body, query), write);
  addWarnings(response, write.warnings);
  if (gone && !type.returnsDeletedObject) sendJson(response, 200, deletedStatus(type, object));
  else sendObject(server, exchange, 200, object);
}

async function serveDeleteCollection(
  server: ResourceServer,
  exchange: Exchange,
  write: WriteRequest,
  body: JsonObject,
): Promise<void> {
  const { query, type, response } = exchange;
  const { api } = server;
  const options = parseDeleteOptions(body, query);
  const page = api.lister.list(type.storageKey, selectionOf(exchange), query);
  for (const { metadata } of page.items) {
    const target = { type, namespace: metadata.namespace, name: metadata.name ?? '', subresource: undefined };
    try {
      await deleteObject(api, target, options, write);
    } catch (error: unknown) {
      if (!(error instanceof StatusError && error.code === 404)) throw error;
    }
  }
  sendJson(response, 200, {
    kind: type.listKind,
    apiVersion: apiVersionOf(type),
    metadata: { resourceVersion: String(api.store.revision()) },
    items: page.items,
  });
}

function patchChange(exchange: Exchange, patch: unknown, write: WriteRequest): (current: KubeObject) => KubeObject {
  const { request, type } = exchange;
  const contentType = contentTypeOf(request);
  return (current) => {
    const { resourceVersion: _resourceVersion, ...metadata } = current.metadata;
    // A patch that does not speak of the version applies to the newest object.
    const patched = applyPatch(contentType, { ...current, metadata }, patch);
    const refuse = (problem: string): Error =>
      invalidObject({ group: '', kind: '' }, '', [
        {
          reason: 'FieldValueInvalid',
          field: 'patch',
          message: `Invalid value: ${JSON.stringify(JSON.stringify(patched))}: ${problem}`,
        },
      ]);
    return decode(type, patched, write, refuse);
  };
}

async function serveUpdate(
  server: ResourceServer,
  exchange: Exchange,
  target: Target,
  write: WriteRequest,
): Promise<void> {
  const { request, response, type } = exchange;
  const patching = request.method === 'PATCH';
  if (patching) checkPatchType(contentTypeOf(request), type);
  const body = await readBody(request);
  let change: (current: KubeObject) => KubeObject;
  if (patching) change = patchChange(exchange, body, write);
  else {
    const submitted = decode(type, body, write);
    requireResourceVersion(type, submitted);
    change = () => submitted;
  }
  const object = await updateObject(server.api, target, change, write);
  addWarnings(response, write.warnings);
  sendObject(server, exchange, 200, object);
}

async function serveNamed(server: ResourceServer, exchange: Exchange, name: string): Promise<void> {
  const { request, response, query, type, path } = exchange;
  const { api } = server;
  const target: Target = {
    type,
    namespace: type.namespaced ? path.namespace : undefined,
    name,
    subresource: path.subresource,
  };
  const { subresource } = path;
  if (subresource !== undefined && !type.subresources.includes(subresource)) throw noSuchPath();
  const write = readWriteRequest(request, query, exchange.user);
  const current = (): KubeObject => {
    const object = api.store.get(type.storageKey, target.namespace, name);
    if (object === undefined) throw notFound(type, name);
    return object;
  };
  switch (`${request.method ?? ''} ${subresource ?? ''}`.trim()) {
    case 'GET':
      if (query.get('watch') === 'true' || query.get('watch') === '1') return serveWatchRequest(server, exchange);
      return sendObject(server, exchange, 200, current());
    case 'GET status':
      return sendObject(server, exchange, 200, current());
    case 'GET log':
      return serveLogs(current(), query, server.podLogs(), response, server.closing);
    case 'PUT':
    case 'PATCH':
    case 'PUT status':
    case 'PATCH status':
    case 'PUT finalize':
      return serveUpdate(server, exchange, target, write);
    case 'DELETE': {
      const body = await readBody(request);
      return serveDelete(server, exchange, target, write, isObject(body) ? body : {});
    }
    case 'POST token':
      return sendJson(response, 201, requestToken(api, server.tokens, target, await readBody(request)));
    case 'POST binding':
      return sendJson(response, 201, bindPod(api, target, await readBody(request), write));
    default:
      throw methodNotAllowed();
  }
}

async function serveCollection(server: ResourceServer, exchange: Exchange): Promise<void> {
  const { request, response, query, type, path } = exchange;
  const write = readWriteRequest(request, query, exchange.user);
  switch (request.method) {
    case 'GET':
      if (query.get('watch') === 'true' || query.get('watch') === '1') return serveWatchRequest(server, exchange);
      return serveList(server, exchange);
    case 'POST': {
      if (type.namespaced && path.namespace === undefined) throw methodNotAllowed();
      const object = await createObject(server.api, type, path.namespace, await readBody(request), write);
      addWarnings(response, write.warnings);
      return sendObject(server, exchange, 201, object);
    }
    case 'DELETE': {
      const body = await readBody(request);
      return serveDeleteCollection(server, exchange, write, isObject(body) ? body : {});
    }
    default:
      throw methodNotAllowed();
  }
}

/** Serves everything below /api and /apis that is about objects. Throws a StatusError for what it can't serve. */
export async function serveResource(
  server: ResourceServer,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  path: ResourcePath,
  user: UserInfo,
): Promise<void> {
  const review = request.method === 'POST' ? answerReview(path, await peekReview(request, path), user) : undefined;
  if (review !== undefined) return sendJson(response, 201, review);
  const type = server.api.catalog.find(path.group, path.version, path.resource);
  if (type === undefined) throw noSuchPath();
  if (!type.namespaced && path.namespace !== undefined) throw noSuchPath();
  if (type.namespaced && path.name !== undefined && path.namespace === undefined)
    throw new StatusError(
      404,
      'NotFound',
      `the server could not find the requested resource (${qualified(type)} are namespaced)`,
      {},
    );
  const exchange: Exchange = { request, response, query: url.searchParams, user, type, path };
  return path.name === undefined ? serveCollection(server, exchange) : serveNamed(server, exchange, path.name);
}

async function peekReview(request: IncomingMessage, path: ResourcePath): Promise<unknown> {
  return path.group.startsWith('auth') ? readBody(request) : undefined;
}
