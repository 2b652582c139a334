import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuthority, issueCertificate } from '../../certs/authority.ts';
import type { KeyPair } from '../../certs/authority.ts';
import { listen } from '../../shared/runtime/listen.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { PodLogSource } from '../pod-logs.ts';
import { createAdmission } from './admission/admission.ts';
import { createCatalog } from './catalog/catalog.ts';
import type { VersionConverter } from './catalog/versions.ts';
import { startCrdController } from './crd/controller.ts';
import { startClaimProtection } from './garbage/claims.ts';
import { startGarbageCollector } from './garbage/collector.ts';
import { startEventExpiry } from './garbage/events.ts';
import { startNamespaceController } from './garbage/namespaces.ts';
import { handleRequest } from './http/handler.ts';
import { createKubeconfig, issueClientCertificate } from './identity/kubeconfig.ts';
import type { Identity } from './identity/kubeconfig.ts';
import { createTokens } from './identity/tokens.ts';
import { systemRequest } from './registry/write-request.ts';
import type { Api } from './registry/api.ts';
import { createObject } from './registry/create.ts';
import { createStore } from './storage/store.ts';

export interface ApiServerOptions {
  /** 0 or absent: any free one. Always on 127.0.0.1. */
  port?: number;
  /** Parsed CustomResourceDefinition manifests to install at the start; more can be created later. */
  crds?: object[];
  /** For definitions whose versions differ in more than apiVersion, by the name of the definition (`tasks.tekton.dev`). */
  converters?: ReadonlyMap<string, VersionConverter>;
  /** The source of containers' logs, once a node runs. */
  podLogs?: (this: void) => PodLogSource | undefined;
  log?: Logger;
  /** The clock; tests give their own. */
  now?: (this: void) => Date;
  /** Changes kept per resource for resumed watches; older versions get 410. */
  maxHistory?: number;
}

export interface RunningApiServer {
  url: string;
  /** The authority of the server's certificate (PEM). */
  caPem: string;
  /** A kubeconfig (YAML) with a fresh client certificate; by default of kubernetes-admin in system:masters. */
  kubeconfig(identity?: Identity): Promise<string>;
  /** A fresh client certificate; by default of kubernetes-admin in system:masters. */
  clientCertificate(identity?: Identity): Promise<KeyPair>;
  /** Drops the history, as etcd's compaction does: lists and watches from before get 410. */
  compact(): void;
  /** Ends all watches and connections and frees the port. */
  close(): Promise<void>;
}

const CLOSE_GRACE_MS = 250;
const LIFETIME_MS = 365 * 24 * 3_600_000;
const administrator: Identity = { user: 'kubernetes-admin', groups: ['system:masters'] };
const initialNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Waits for an answer's end, and for its last bytes to leave. */
async function ended(response: ServerResponse): Promise<void> {
  const { socket } = response;
  if (!response.writableFinished) await once(response, 'close');
  if (socket === null || socket.destroyed) return;
  socket.end();
  await once(socket, 'close');
}

/** Waits for ending responses, then closes all connections. */
async function closeServer(server: Server, open: Set<ServerResponse>): Promise<void> {
  await Promise.race([Promise.allSettled([...open].map(ended)), delay(CLOSE_GRACE_MS, undefined, { ref: false })]);
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function install(api: Api, storageKey: string, object: object): Promise<void> {
  const [type] = api.catalog.versions(storageKey);
  if (type !== undefined)
    await createObject(api, type, undefined, object, { ...systemRequest('bootstrap'), fieldValidation: 'Strict' });
}

/** The controllers that run beside an API server in a cluster. Returns a function that stops them. */
function startControllers(api: Api, caPem: string): () => void {
  const stops = [
    startCrdController(api),
    startNamespaceController(api, caPem),
    startGarbageCollector(api),
    startClaimProtection(api),
    startEventExpiry(api),
  ];
  return () => stops.forEach((stop) => stop());
}

function createApi(log: Logger, { now = () => new Date(), maxHistory, converters = new Map() }: ApiServerOptions): Api {
  const store = createStore(maxHistory === undefined ? {} : { maxHistory });
  const catalog = createCatalog();
  return { store, catalog, admission: createAdmission(store, catalog, log), converters, now, log };
}

async function populate(api: Api, crds: object[]): Promise<void> {
  for (const name of initialNamespaces)
    await install(api, '/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const crd of crds) await install(api, 'apiextensions.k8s.io/customresourcedefinitions', crd);
}

/**
 * Starts a Kubernetes API server inside this process, on loopback, over HTTPS with certificates of its own: objects are kept in memory.
 * With a client certificate or a ServiceAccount's token that it issued a client may do everything, without one nothing. Throws when the
 * port is taken or a given CustomResourceDefinition is invalid (with the message the API would give).
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<RunningApiServer> {
  const log = options.log ?? silentLogger;
  const [authority, clientAuthority] = await Promise.all([
    createAuthority({ commonName: 'tektrace-apiserver-ca', lifetimeMs: LIFETIME_MS }),
    createAuthority({ commonName: 'tektrace-client-ca', lifetimeMs: LIFETIME_MS }),
  ]);
  const leaf = await issueCertificate(authority, {
    commonName: 'kube-apiserver',
    dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    ipAddresses: ['127.0.0.1'],
    usage: 'server',
    lifetimeMs: LIFETIME_MS,
  });
  const api = createApi(log, options);
  const stopControllers = startControllers(api, authority.certPem);
  await populate(api, options.crds ?? []);
  const closing = new AbortController();
  const tokens = createTokens(
    api.now,
    (namespace, name) => api.store.get('/serviceaccounts', namespace, name)?.metadata.uid,
  );
  const resources = {
    api,
    tokens,
    podLogs: () => options.podLogs?.(),
    closing: closing.signal,
    open: new Set<ServerResponse>(),
  };
  const server = createServer(
    { key: leaf.keyPem, cert: leaf.certPem, ca: clientAuthority.certPem, requestCert: true, rejectUnauthorized: false },
    (request, response) => handleRequest(resources, request, response),
  );
  server.keepAliveTimeout = 120_000;
  server.on('tlsClientError', (error) => log.debug('TLS handshake failed', { error }));
  const port = await listen(server, { port: options.port ?? 0, host: '127.0.0.1' }, log);
  const url = `https://127.0.0.1:${port}`;
  log.info('API server is ready', { url });
  return {
    url,
    caPem: authority.certPem,
    kubeconfig: (identity = administrator) =>
      createKubeconfig({ url, caPem: authority.certPem, clientAuthority }, identity),
    clientCertificate: (identity = administrator) => issueClientCertificate(clientAuthority, identity),
    compact: () => api.store.compact(),
    async close() {
      closing.abort();
      stopControllers();
      api.admission.close();
      await closeServer(server, resources.open);
    },
  };
}
