import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ResourceType } from '../catalog/resource-type.ts';
import type { UserInfo } from '../identity/user.ts';
import type { KubeObject } from '../object.ts';
import { checkPatchType } from '../patch/apply.ts';
import { answerReview } from '../registry/reviews.ts';
import type { Target } from '../registry/update.ts';
import { badRequest, methodNotAllowed, noSuchPath, notFound, PageNotFound, verbNotSupported } from '../status.ts';
import { checkContentType, contentTypeOf, readBody } from './body.ts';
import { isTrue } from './exchange.ts';
import type { Exchange, ResourceServer } from './exchange.ts';
import { serveLogs } from './logs.ts';
import { negotiate } from './negotiate.ts';
import type { Representation } from './negotiate.ts';
import { nowhere } from './nowhere.ts';
import type { ResourcePath } from './path.ts';
import { representations, sendObject, serveList, serveWatchRequest } from './reads.ts';
import { addWarnings, sendJson } from './respond.ts';
import { serveScale } from './scale.ts';
import { bindPod, requestToken } from './subresources.ts';
import { checkReadVersion } from '../storage/list-options.ts';
import { readWriteRequest } from './write-request.ts';
import { serveCreate, serveDelete, serveDeleteCollection, servePatch, serveUpdate } from './writes.ts';

const verbs: Record<string, string> = { PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** POST to an object or subresource, and unsupported methods. */
async function serveOther(server: ResourceServer, exchange: Exchange, target: Target): Promise<void> {
  const { request, response, type, write } = exchange;
  const { method = '' } = request;
  const { api, tokens } = server;
  if (method !== 'POST') throw type.builtIn ? methodNotAllowed() : verbNotSupported(type, verbs[method] ?? '');
  if (target.subresource === 'token')
    return sendJson(response, 201, requestToken(api, tokens, target, await readBody(request)));
  if (target.subresource === 'binding')
    return sendJson(response, 201, bindPod(api, target, await readBody(request), write));
  if (type.builtIn) throw methodNotAllowed();
  if (target.subresource !== undefined) throw verbNotSupported(type, 'create');
  // A POST of a custom resource may have a name in its path, which is ignored.
  return serveCreate(server, exchange);
}

async function serveNamed(server: ResourceServer, exchange: Exchange, name: string): Promise<void> {
  const { request, response, query, type, path } = exchange;
  const { api } = server;
  const { subresource } = path;
  const target: Target = { type, namespace: type.namespaced ? path.namespace : undefined, name, subresource };
  const current = (): KubeObject => {
    checkReadVersion(api.store, query, type.isCached);
    const object = api.store.get(type.storageKey, target.namespace, name);
    if (object === undefined) throw notFound(type, name);
    return object;
  };
  if (subresource === 'scale') return serveScale(server, exchange, target, current);
  switch (`${request.method ?? ''} ${subresource ?? ''}`.trim()) {
    case 'GET':
    case 'GET status':
      return sendObject(server, exchange, 200, current());
    case 'GET log':
      return serveLogs(current(), query, server.podLogs(), response, server.closing);
    case 'PUT':
    case 'PUT status':
    case 'PUT finalize':
      return serveUpdate(server, exchange, target);
    case 'PATCH':
    case 'PATCH status':
      return servePatch(server, exchange, target);
    case 'DELETE':
      return serveDelete(server, exchange, target);
    default:
      return serveOther(server, exchange, target);
  }
}

async function serveCollection(server: ResourceServer, exchange: Exchange): Promise<void> {
  const { request, query, type, path } = exchange;
  const acrossNamespaces = type.namespaced && path.namespace === undefined;
  if (acrossNamespaces && request.method !== 'GET') throw type.builtIn ? methodNotAllowed() : new PageNotFound();
  switch (request.method) {
    case 'GET':
      return path.watch || isTrue(query, 'watch') ? serveWatchRequest(server, exchange) : serveList(server, exchange);
    case 'POST':
      return serveCreate(server, exchange);
    case 'DELETE':
      if (type.storageKey === '/namespaces') throw methodNotAllowed();
      return serveDeleteCollection(server, exchange);
    default:
      throw type.builtIn ? methodNotAllowed() : badRequest('name must be provided');
  }
}

/** Checks the media types first: nothing is done for a client that can't read the response. Logs are always text. */
function negotiated(request: IncomingMessage, type: ResourceType, path: ResourcePath): Representation {
  if (request.method === 'PATCH' && path.name !== undefined && path.subresource !== 'scale')
    checkPatchType(contentTypeOf(request), type);
  if (path.subresource === 'log') return 'Object';
  const isList = request.method === 'GET' && path.name === undefined;
  const as = negotiate(request.headers.accept, representations, type.builtIn, isList);
  if (request.method === 'POST') checkContentType(contentTypeOf(request));
  return as;
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
  if (request.method === 'POST') {
    const review = answerReview(path, user, server.api.now());
    if (review !== undefined) return sendJson(response, 201, review(await readBody(request)));
  }
  const type = server.api.catalog.find(path.group, path.version, path.resource);
  if (type === undefined) throw nowhere(server.api.catalog, url.pathname);
  const misplaced = type.namespaced
    ? path.name !== undefined && path.namespace === undefined
    : path.namespace !== undefined;
  if (misplaced) throw type.builtIn ? noSuchPath() : new PageNotFound();
  if (path.subresource !== undefined && !type.subresources.includes(path.subresource))
    throw type.builtIn ? noSuchPath() : notFound(type, path.name ?? '');
  const as = negotiated(request, type, path);
  const write = readWriteRequest(request, url.searchParams, user);
  if (type.deprecation !== undefined) write.warnings.push(type.deprecation);
  addWarnings(response, write.warnings);
  const exchange: Exchange = { request, response, query: url.searchParams, type, path, as, write };
  try {
    const collection = path.name === undefined || path.watch;
    await (collection ? serveCollection(server, exchange) : serveNamed(server, exchange, path.name ?? ''));
  } catch (error: unknown) {
    if (!response.headersSent) addWarnings(response, write.warnings);
    throw error;
  }
}
