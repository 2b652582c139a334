import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { aggregatedDiscovery, AGGREGATED } from '../discovery/aggregated.ts';
import { apiGroupDocument, apiGroupList, apiResourceList, coreVersions } from '../discovery/documents.ts';
import { openApiDocument, openApiIndex } from '../discovery/openapi.ts';
import { authenticate } from '../identity/authenticate.ts';
import type { JsonObject } from '../object.ts';
import { forbidden, PageNotFound, StatusError } from '../status.ts';
import { negotiate } from './negotiate.ts';
import { nowhere } from './nowhere.ts';
import { parseResourcePath } from './path.ts';
import type { ResourceServer } from './exchange.ts';
import { serveResource } from './resources.ts';
import { sendError, sendJson, sendText } from './respond.ts';

const health = ['/healthz', '/livez', '/readyz'];
const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];
const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const version = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0+tektrace',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
};

/** Only names that DNS rebinding can't use. */
function checkHost(request: IncomingMessage): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (!loopbackNames.includes(host))
    throw new StatusError(
      403,
      'Forbidden',
      `this server is not ${JSON.stringify(host)}: it serves loopback names only`,
    );
}

function serveOpen(url: URL, response: ServerResponse): boolean {
  if (health.includes(url.pathname.replace(/(?<=^\/[a-z]+)\/.*$/, ''))) sendText(response, 200, 'ok');
  else if (url.pathname === '/version') sendJson(response, 200, version);
  else return false;
  return true;
}

function discoveryDocument(server: ResourceServer, pathname: string, host: string): JsonObject | undefined {
  const { catalog } = server.api;
  const parts = pathname.split('/').filter(Boolean);
  const [root, group = '', groupVersion = ''] = parts;
  if (root === 'api' && parts.length === 1) return coreVersions(host);
  if (root === 'api' && parts.length === 2) return apiResourceList(catalog, { group: '', version: group });
  if (root === 'apis' && parts.length === 1) return apiGroupList(catalog);
  if (root === 'apis' && parts.length === 2) return apiGroupDocument(catalog, group);
  if (root === 'apis' && parts.length === 3) return apiResourceList(catalog, { group, version: groupVersion });
  if (pathname === '/openapi/v3') return openApiIndex(catalog);
  if (pathname.startsWith('/openapi/v3/')) return openApiDocument(catalog, pathname.slice('/openapi/v3/'.length));
  return undefined;
}

/** `/api` and `/apis` with all resources in one document, for clients that ask for that form. True if this answers the request. */
function serveAggregated(
  server: ResourceServer,
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  if (root !== '/api' && root !== '/apis') return false;
  if (negotiate(request.headers.accept, ['APIGroupDiscoveryList'], root === '/api') === 'Object') return false;
  const text = JSON.stringify(aggregatedDiscovery(server.api.catalog, root === '/api' ? 'api' : 'apis'));
  const etag = `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"`;
  const headers = { etag, vary: 'Accept', 'cache-control': 'public' };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers);
    response.end();
  } else {
    response.writeHead(200, { ...headers, 'content-type': AGGREGATED, 'content-length': Buffer.byteLength(text) });
    response.end(text);
  }
  return true;
}

/** OpenAPI v2 has no definitions: kubectl then uses v3 and its own types. */
function serveOpenApiV2(request: IncomingMessage, response: ServerResponse): void {
  if ((request.headers.accept ?? '').includes('protobuf')) {
    response.writeHead(200, { 'content-type': OPENAPI_V2_PROTOBUF, 'content-length': 0 });
    response.end();
  } else
    sendJson(response, 200, {
      swagger: '2.0',
      info: { title: 'Tektrace embedded Kubernetes', version: version.gitVersion },
      paths: {},
    });
}

async function serve(server: ResourceServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  checkHost(request);
  const url = URL.parse(request.url ?? '/', 'https://localhost');
  if (url === null) throw new PageNotFound();
  if (serveOpen(url, response)) return;
  const user = authenticate(request, server.tokens);
  const path = parseResourcePath(url.pathname);
  if (path !== undefined) return serveResource(server, request, response, url, path, user);
  if (request.method !== 'GET') throw nowhere(server.api.catalog, url.pathname);
  if (url.pathname === '/openapi/v2') return serveOpenApiV2(request, response);
  const pathname = url.pathname.replace(/\/$/, '');
  if (serveAggregated(server, pathname, request, response)) return;
  const document = discoveryDocument(server, pathname, request.headers.host ?? '');
  if (document === undefined)
    throw url.pathname === '/'
      ? forbidden({ group: '', resource: 'paths' }, '/', 'nothing is served here')
      : nowhere(server.api.catalog, url.pathname);
  sendJson(response, 200, document);
}

/** Answers one request; never throws, each failure is a Status. */
export function handleRequest(server: ResourceServer, request: IncomingMessage, response: ServerResponse): void {
  server.open.add(response);
  response.on('close', () => server.open.delete(response));
  response.on('error', (error) => server.api.log.debug('connection ended', { error }));
  serve(server, request, response).catch((error: unknown) => {
    request.resume();
    sendError(response, error, server.api.log);
  });
}
