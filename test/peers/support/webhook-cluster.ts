import { setTimeout as delay } from 'node:timers/promises';
import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';

import { createAuthority, issueCertificate } from '../../../certs/authority.ts';
import type { Authority, KeyPair } from '../../../certs/authority.ts';
import { createKubeClient } from '../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';
import {
  JSON_PATCH,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  PIPELINE_RUNS,
  resourcePath,
  TASK_RUNS,
} from '../../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';
import { PIPELINE_RUN_SPAN_CONTEXT } from '../../../shared/tekton/annotations.ts';
import { startWebhookServer } from '../../../webhook/server.ts';
import type { WebhookServer } from '../../../webhook/server.ts';
import type { StampSettings } from '../../../webhook/stamp.ts';
import { runPeer } from './command.ts';
import { chart, helm } from './helm.ts';
import type { Values } from './helm.ts';
import { startKubeApiserver } from './kube-apiserver.ts';
import type { KubeApiserver, KubeApiserverOptions } from './kube-apiserver.ts';
import { untilAllowed, untilServed } from './served.ts';

/** Where a webhook can't be reached, one answer takes up to twenty seconds. */
const START_TIMEOUT_MS = 120_000;
const POLL_MS = 50;
const DAY_MS = 24 * 3_600_000;

/** Where the chart is installed, and the user that its controller is. */
export const namespace = 'tracing';
export const controllerUser = `system:serviceaccount:${namespace}:tektrace-controller`;

/** A real API server with the chart in it, whose webhook is one in this process. */
export interface WebhookCluster {
  server: KubeApiserver;
  /** The administrator's. */
  client: KubeClient;
  /** A client whose requests are `user`'s, under that user agent. */
  clientAs(user: string, userAgent?: string): KubeClient;
  webhook: WebhookServer;
  /** The webhook's, read anew with each review. */
  settings: StampSettings;
  authority: Authority;
  kubectl(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** A certificate for the address that the API server of these tests calls the webhook at. */
export function issueWebhookCertificate(authority: Authority): Promise<KeyPair> {
  return issueCertificate(authority, {
    commonName: 'webhook',
    ipAddresses: ['127.0.0.1'],
    usage: 'server',
    lifetimeMs: DAY_MS,
  });
}

/** Without Service networking the API server can't reach the chart's Service: its webhooks become URLs, the rest of them stays. */
async function callByUrl(client: KubeClient, port: number, authority: Authority): Promise<void> {
  const path = resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: 'tektrace-webhook' });
  const { webhooks = [] } = await client.request<V1MutatingWebhookConfiguration>('GET', path);
  const caBundle = Buffer.from(authority.certPem).toString('base64');
  const body = webhooks.flatMap(({ clientConfig }, index) => [
    {
      op: 'replace',
      path: `/webhooks/${index}/clientConfig`,
      value: { url: `https://127.0.0.1:${port}${clientConfig.service?.path}`, caBundle },
    },
    // A busy machine is not taken for a webhook that is down.
    { op: 'replace', path: `/webhooks/${index}/timeoutSeconds`, value: 20 },
  ]);
  await client.request('PATCH', path, { body, contentType: JSON_PATCH });
}

/**
 * Resolves when the API server calls the webhook, or, with `called` false, does not: it learns of a changed configuration some time after it
 * was written.
 */
export async function webhookAnswers(client: KubeClient, called = true): Promise<void> {
  const path = resourcePath(PIPELINE_RUNS, { namespace: 'default' });
  const body = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'probe' },
    spec: { pipelineRef: { name: 'any' } },
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const { metadata } = await client.request<KubeObject>('POST', path, { body, query: { dryRun: 'All' } });
    if ((metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT] !== undefined) === called) return;
    const what = called ? 'has not called' : 'still calls';
    if (Date.now() > deadline) throw new Error(`the API server ${what} the webhook after ${START_TIMEOUT_MS} ms`);
    await delay(POLL_MS);
  }
}

function clientOf(server: KubeApiserver, user?: string, userAgent?: string): KubeClient {
  const config = loadKubeConfig({ text: server.kubeconfig });
  if (user !== undefined) config.users = config.users.map((admin) => ({ ...admin, impersonateUser: user }));
  return createKubeClient(config, { ...(userAgent !== undefined && { userAgent }) });
}

export interface WebhookClusterOptions extends KubeApiserverOptions {
  /** Done before the chart is installed. */
  prepare?: (server: KubeApiserver) => Promise<void>;
  /** For the chart; by default everything is executed here, and the chart brings the resource definitions. */
  values?: Values;
  /** Besides the chart's controller. */
  trustedRequesters?: string[];
}

/** Starts both. Every run is sampled. */
export async function startWebhookCluster(options: WebhookClusterOptions = {}): Promise<WebhookCluster> {
  const { prepare, values = { controller: { manage: 'all' } }, trustedRequesters = [], ...ofServer } = options;
  const server = await startKubeApiserver(ofServer);
  try {
    await prepare?.(server);
    const target = ['--create-namespace', '--namespace', namespace, '--kubeconfig', server.kubeconfigPath];
    await helm(['install', 'tektrace', chart, ...target], values);
    const authority = await createAuthority({ commonName: 'webhook-ca', lifetimeMs: DAY_MS });
    const settings: StampSettings = {
      sampling: { ratio: 1 },
      inbound: 'trusted',
      trustedRequesters: [controllerUser, ...trustedRequesters],
    };
    const webhook = await startWebhookServer({
      host: '127.0.0.1',
      port: 0,
      certificate: await issueWebhookCertificate(authority),
      settings,
      log: silentLogger,
    });
    const client = clientOf(server);
    const clients = [client];
    await untilServed(client, [PIPELINE_RUNS, TASK_RUNS]);
    await untilAllowed(client, controllerUser, [
      { verb: 'patch', group: 'tekton.dev', resource: 'pipelineruns' },
      { verb: 'update', group: 'coordination.k8s.io', resource: 'leases', namespace, name: 'tektrace-controller' },
    ]);
    await callByUrl(client, webhook.port, authority);
    await webhookAnswers(client);
    return {
      server,
      client,
      clientAs: (user, userAgent) => {
        clients.push(clientOf(server, user, userAgent));
        return clients.at(-1) ?? client;
      },
      webhook,
      settings,
      authority,
      kubectl: (...args) => runPeer('kubectl', [`--kubeconfig=${server.kubeconfigPath}`, ...args]),
      stop: async () => {
        for (const open of clients) open.close();
        await server.stop();
        await webhook.close();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
