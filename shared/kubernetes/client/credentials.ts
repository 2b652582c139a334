import http from 'node:http';
import https from 'node:https';
import { createSecureContext } from 'node:tls';

import type { Cluster, KubeConfig, User } from '@kubernetes/client-node';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';

import type { Logger } from '../../runtime/log.ts';
import { clientCertificate } from './certificate.ts';
import { createPools, destroyPools, retirePools } from './pools.ts';
import type { ConnectionPools } from './pools.ts';

/** How long credentials are used before files and plugins are read again, in milliseconds. */
const FRESH_MS = 10_000;
/** Minimum time between two reads after a 401, so that a server that refuses everything does not run an exec plugin for every request. */
const FORCED_READ_EVERY_MS = 1_000;

/** Credentials of a request. The pools stay the same while the TLS settings do. */
export interface Credentials {
  headers: Record<string, string>;
  /** `user:password`, for basic authentication. */
  auth: string | undefined;
  pools: ConnectionPools;
}

export interface CredentialSource {
  /** The present credentials, not a promise if they are fresh. Throws an Error with the user if they can't be read and there are no older ones. */
  current(): Credentials | Promise<Credentials>;
  /** To be called after a 401 to `used`: reads everything again, once for all requests. True if there are other credentials now. */
  refused(used: Credentials): Promise<boolean>;
  /** Closes every connection. */
  close(): void;
}

export interface CredentialSourceOptions {
  cluster: Cluster;
  user: User;
  log: Logger;
  nowMs: () => number;
}

type ExecConfig = { apiVersion?: string; command?: string; env?: { name: string; value: string }[] | null };

/** A variable that plugins of client.authentication.k8s.io expect; client-node does not set it. */
function withExecInfo(user: User): User {
  const exec = user.exec as ExecConfig | null | undefined;
  if (!exec) return user;
  const info = { apiVersion: exec.apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
  const env = [...(exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }];
  return { ...user, exec: { ...exec, env } };
}

interface Material {
  headers: Record<string, string>;
  auth: string | undefined;
  tls: https.AgentOptions;
  /** client-node's agent for a `proxy-url`. */
  proxy: http.Agent | undefined;
}

// A new KubeConfig has no cached token or exec credential. client-node is loaded on use: its generated clients take 80 MB.
async function kubeConfigOf(cluster: Cluster, user: User): Promise<KubeConfig> {
  const { KubeConfig: Config } = await import('@kubernetes/client-node');
  const config = new Config();
  config.loadFromClusterAndUser(cluster, user);
  return config;
}

async function readMaterial(config: KubeConfig, cluster: Cluster, user: User): Promise<Material> {
  const options: https.RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers as Record<string, string>)) headers[name] = value.trim();
  const needsToken = (user.authProvider as { config?: { tokenFile?: string } } | null | undefined)?.config?.tokenFile;
  if (needsToken && !/^Bearer ./.test(headers['Authorization'] ?? '')) throw new Error('the token file is empty');
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options;
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, pfx, passphrase, servername, rejectUnauthorized }).filter(
      ([, value]) => value !== undefined && value !== null,
    ),
  );
  const proxy = cluster.proxyUrl && options.agent instanceof http.Agent ? options.agent : undefined;
  return { headers, auth: options.auth ?? undefined, tls, proxy };
}

function reasonOf(error: unknown, { exec }: User): string {
  // client-node's error for a response of an unexpected shape.
  if (exec && error instanceof TypeError)
    return `${(exec as ExecConfig).command} printed no ExecCredential with a status`;
  return error instanceof Error ? error.message.trim() || error.name : String(error);
}

/** A key that is equal for equal TLS settings: certificates are new Buffers at each read. */
function fingerprint(tls: https.AgentOptions): string {
  return JSON.stringify(Object.entries(tls).map(([name, value]) => [name, String(value)]));
}

/** Parsed once for all connections. An error (a key of another certificate) is thrown here, not at the next connection. */
function withSecureContext({ ca, cert, key, pfx, passphrase, ...rest }: https.AgentOptions): https.AgentOptions {
  return { ...rest, secureContext: createSecureContext({ ca, cert, key, pfx, passphrase }) };
}

/**
 * The credentials of a kubeconfig's user. Changes are read again: token files (client-node reads them each minute), certificate files, exec plugins
 * whose credential expires. If reading fails and there are older credentials, the error is logged and these stay.
 */
export function createCredentialSource({ cluster, user, log, nowMs }: CredentialSourceOptions): CredentialSource {
  const secure = cluster.server.startsWith('https:');
  const own = withExecInfo(user);
  const certificate = clientCertificate(cluster, own);
  let config: Promise<KubeConfig> | undefined;
  let latest: { credentials: Credentials; tls: string; readMs: number } | undefined;
  let reading: Promise<Credentials> | undefined;
  let forcedMs = -Infinity;

  async function material(): Promise<Material> {
    if (certificate) return { headers: {}, auth: undefined, tls: certificate, proxy: undefined };
    return readMaterial(await (config ??= kubeConfigOf(cluster, own)), cluster, own);
  }

  async function read(): Promise<Credentials> {
    const { headers, auth, tls, proxy } = await material();
    const tlsNow = fingerprint(tls);
    const before = latest;
    const pools = before?.tls === tlsNow ? before.credentials.pools : openPools(tls, proxy);
    if (before && before.credentials.pools !== pools) retirePools(before.credentials.pools);
    const unchanged =
      before?.credentials.pools === pools &&
      before.credentials.auth === auth &&
      JSON.stringify(before.credentials.headers) === JSON.stringify(headers);
    const credentials = unchanged ? before.credentials : { headers, auth, pools };
    latest = { credentials, tls: tlsNow, readMs: nowMs() };
    return credentials;
  }

  function openPools(tls: https.AgentOptions, proxy: http.Agent | undefined): ConnectionPools {
    const options = secure ? withSecureContext(tls) : {};
    return createPools((more) => (secure ? new https.Agent({ ...options, ...more }) : new http.Agent(more)), proxy);
  }

  async function readOrKeep(): Promise<Credentials> {
    try {
      return await read();
    } catch (error) {
      const message = `the credentials of user ${JSON.stringify(user.name)} can't be read: ${reasonOf(error, user)}`;
      if (!latest) throw new Error(message, { cause: error });
      log.warn('reading credentials again failed, the old ones stay in use', { user: user.name, error });
      latest.readMs = nowMs();
      return latest.credentials;
    } finally {
      reading = undefined;
    }
  }

  // In the root context: requests to a login provider belong to no reconcile.
  const readAgain = (): Promise<Credentials> => (reading ??= context.with(ROOT_CONTEXT, readOrKeep));

  return {
    current() {
      if (latest && nowMs() - latest.readMs < FRESH_MS) return latest.credentials;
      return readAgain();
    },
    async refused(used) {
      const mended = (): boolean => latest !== undefined && latest.credentials !== used;
      if (mended()) return true;
      await reading;
      if (mended()) return true;
      if (nowMs() - forcedMs >= FORCED_READ_EVERY_MS) {
        forcedMs = nowMs();
        config = undefined;
        void readAgain();
      }
      // True for every caller, because several refused requests wait for the same read.
      await reading;
      return mended();
    },
    close() {
      if (latest) destroyPools(latest.credentials.pools);
    },
  };
}
