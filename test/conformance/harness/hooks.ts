import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { createAuthority, issueCertificate } from '../../../certs/authority.ts';
import type { TestCluster } from '../../clusters/types.ts';
import type { Json, RawClient } from './client.ts';

/** What a webhook answers with: the review's `response` (its uid is added), another status or body, or nothing at all. */
export interface HookAnswer {
  response?: Json;
  status?: number;
  body?: Json;
  hang?: boolean;
}

export type HookHandler = (request: Json) => HookAnswer;
type Kind = 'Mutating' | 'Validating';

/** The webhooks of one case. */
export interface Hooks {
  /**
   * Makes a configuration whose webhooks are asked about ConfigMaps created in the case's namespace, unless `more` says otherwise, and
   * waits until the API server has taken it up.
   */
  install(kind: Kind, webhooks: { handler: HookHandler; more?: Json }[], name?: string): Promise<void>;
  /** What the webhooks were sent so far, in order. */
  calls(): { path: string; headers: Json; review: Json }[];
}

export const jsonPatch = (operations: unknown[]): HookAnswer => ({
  response: {
    allowed: true,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
  },
});

interface Call {
  path: string;
  headers: Json;
  review: Json;
}

/** One HTTPS server for the webhooks of all cases that run on one API server. */
export interface HookServer {
  port: number;
  caPem: string;
  handlers: Map<string, HookHandler>;
  calls: Call[];
  close(): Promise<void>;
}

const DAY_MS = 24 * 3_600_000;
const READY_TIMEOUT_MS = 60_000;
const shownHeaders = ['content-type', 'accept', 'user-agent', 'accept-encoding'];

function answer(hooks: HookServer, path: string, text: string, headers: Json): HookAnswer {
  const review = JSON.parse(text);
  const shown = Object.fromEntries(shownHeaders.map((name) => [name, headers[name]]));
  hooks.calls.push({ path, headers: shown, review });
  const handler = hooks.handlers.get(path.split('?')[0] ?? '');
  const given = handler === undefined ? { status: 404, body: 'no such webhook' } : handler(review.request);
  if (given.body !== undefined || given.status !== undefined) return given;
  const response = { uid: review.request.uid, ...given.response };
  return { ...given, body: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response } };
}

export async function startHookServer(): Promise<HookServer> {
  const authority = await createAuthority({ commonName: 'conformance-webhooks', lifetimeMs: DAY_MS });
  const leaf = await issueCertificate(authority, {
    commonName: 'webhook',
    ipAddresses: ['127.0.0.1'],
    usage: 'server',
    lifetimeMs: DAY_MS,
  });
  const server: Server = createServer({ key: leaf.keyPem, cert: leaf.certPem }, (request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { hang = false, status = 200, body } = answer(hooks, request.url ?? '', text, request.headers);
      if (hang) return;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hooks: HookServer = {
    port: (server.address() as AddressInfo).port,
    caPem: authority.certPem,
    handlers: new Map(),
    calls: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return hooks;
}

/** Asks with objects that only the configuration's last webhook is asked about, until it is. */
async function untilCalled(client: RawClient, namespace: string, hooks: HookServer, path: string): Promise<void> {
  const probe = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'probe', labels: { probe: path.slice(1) } } };
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const url = `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`;
    const body = { ...probe, metadata: { ...probe.metadata, labels: { probe: path.split('/').at(-1) } } };
    await client.send('POST', url, { body });
    if (hooks.calls.some((call) => call.path.startsWith(`${path}?`))) return;
    if (Date.now() > deadline) throw new Error(`the API server has not called ${path} for ${READY_TIMEOUT_MS} ms`);
    await delay(20);
  }
}

export interface CaseHooks extends Hooks {
  /** Takes the configurations away again. */
  remove(): Promise<void>;
}

export function createHooks(cluster: TestCluster, client: RawClient, server: HookServer, namespace: string): CaseHooks {
  const installed: string[] = [];
  const ready = `ready-${namespace}`;
  const mine = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
  return {
    async install(kind, webhooks, name = `${namespace}-${installed.length}`) {
      const clientConfig = (path: string): Json => cluster.webhookClientConfig(server.port, path, server.caPem);
      const base = {
        rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }],
        namespaceSelector: mine,
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        // A busy machine is not taken for a webhook that does not answer.
        timeoutSeconds: 30,
      };
      const notProbes = { matchExpressions: [{ key: 'probe', operator: 'DoesNotExist' }] };
      const entries = webhooks.map(({ handler, more = {} }, index) => {
        const path = `/${name}/${index}`;
        server.handlers.set(path, handler);
        return {
          name: `hook${index}.${name}.dev`,
          clientConfig: clientConfig(path),
          objectSelector: notProbes,
          ...base,
          ...more,
        };
      });
      const readyPath = `/${ready}/${name}`;
      server.handlers.set(readyPath, () => ({ response: { allowed: true } }));
      const readyHook = {
        ...base,
        name: `ready.${name}.dev`,
        clientConfig: clientConfig(readyPath),
        objectSelector: { matchLabels: { probe: name } },
      };
      const path = `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}webhookconfigurations`;
      const created = await client.send('POST', path, {
        body: {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: `${kind}WebhookConfiguration`,
          metadata: { name },
          webhooks: [...entries, readyHook],
        },
      });
      if (created.status !== 201) throw new Error(`the webhooks were refused: ${JSON.stringify(created.body)}`);
      installed.push(`${path}/${name}`);
      await untilCalled(client, namespace, server, readyPath);
    },
    calls: () => server.calls.filter((call) => call.path.startsWith(`/${namespace}-`)),
    async remove() {
      for (const path of installed.splice(0)) await client.send('DELETE', path);
    },
  };
}
