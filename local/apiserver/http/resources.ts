import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UserInfo } from '../identity/user.ts';
import type { KubeObject } from '../object.ts';
import { answerReview } from '../registry/reviews.ts';
import type { Target } from '../registry/update.ts';
import { methodNotAllowed, noSuchPath, notFound } from '../status.ts';
import { readBody } from './body.ts';
import { isWatch } from './exchange.ts';
import type { Exchange, ResourceServer } from './exchange.ts';
import { serveLogs } from './logs.ts';
import type { ResourcePath } from './path.ts';
import { sendObject, serveList, serveWatchRequest } from './reads.ts';
import { addWarnings, sendJson } from './respond.ts';
import { serveScale } from './scale.ts';
import { bindPod, requestToken } from './subresources.ts';
import { readWriteRequest } from './write-request.ts';
import { serveCreate, serveDelete, serveDeleteCollection, servePatch, serveUpdate } from './writes.ts';

async function serveNamed(server: ResourceServer, exchange: Exchange, name: string): Promise<void> {
  const { request, response, query, type, path, write } = exchange;
  const { api } = server;
  const { subresource } = path;
  if (subresource !== undefined && !type.subresources.includes(subresource)) throw noSuchPath();
  const target: Target = { type, namespace: type.namespaced ? path.namespace : undefined, name, subresource };
  const current = (): KubeObject => {
    const object = api.store.get(type.storageKey, target.namespace, name);
    if (object === undefined) throw notFound(type, name);
    return object;
  };
  if (subresource === 'scale') return serveScale(server, exchange, target, current);
  switch (`${request.method ?? ''} ${subresource ?? ''}`.trim()) {
    case 'GET':
      return isWatch(query) ? serveWatchRequest(server, exchange) : sendObject(server, exchange, 200, current());
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
    case 'POST token':
      return sendJson(response, 201, requestToken(api, server.tokens, target, await readBody(request)));
    case 'POST binding':
      return sendJson(response, 201, bindPod(api, target, await readBody(request), write));
    default:
      throw methodNotAllowed();
  }
}

async function serveCollection(server: ResourceServer, exchange: Exchange): Promise<void> {
  const { request, query } = exchange;
  switch (request.method) {
    case 'GET':
      return isWatch(query) ? serveWatchRequest(server, exchange) : serveList(server, exchange);
    case 'POST':
      return serveCreate(server, exchange);
    case 'DELETE':
      return serveDeleteCollection(server, exchange);
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
  if (request.method === 'POST') {
    const review = answerReview(path, user);
    if (review !== undefined) return sendJson(response, 201, review(await readBody(request)));
  }
  const type = server.api.catalog.find(path.group, path.version, path.resource);
  if (type === undefined) throw noSuchPath();
  const misplaced = type.namespaced
    ? path.name !== undefined && path.namespace === undefined
    : path.namespace !== undefined;
  if (misplaced) throw noSuchPath();
  const write = readWriteRequest(request, url.searchParams, user);
  const exchange: Exchange = { request, response, query: url.searchParams, type, path, write };
  try {
    await (path.name === undefined ? serveCollection(server, exchange) : serveNamed(server, exchange, path.name));
  } catch (error: unknown) {
    if (!response.headersSent) addWarnings(response, write.warnings);
    throw error;
  }
}
