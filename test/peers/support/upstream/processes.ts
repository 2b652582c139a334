import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse, stringify } from 'yaml';

import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { MUTATING_WEBHOOK_CONFIGURATIONS, resourcePath } from '../../../../shared/kubernetes/resources.ts';
import { peerProgram } from '../binaries.ts';
import { freePorts } from '../ports.ts';
import { startServerProcess } from '../server-process.ts';
import type { ServerProcess } from '../server-process.ts';
import { TEKTON_NAMESPACE, installUpstream } from './install.ts';

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 100;
const CONFIGURATION = 'webhook.pipeline.tekton.dev';

/** The user that upstream's controller is in a cluster. */
export const upstreamController = `system:serviceaccount:${TEKTON_NAMESPACE}:tekton-pipelines-controller`;

/** What upstream's Deployments set. */
const environment = {
  SYSTEM_NAMESPACE: TEKTON_NAMESPACE,
  KUBERNETES_MIN_VERSION: 'v1.28.0',
  CONFIG_LOGGING_NAME: 'config-logging',
  CONFIG_OBSERVABILITY_NAME: 'config-observability',
  CONFIG_FEATURE_FLAGS_NAME: 'feature-flags',
  CONFIG_DEFAULTS_NAME: 'config-defaults',
  CONFIG_SPIRE: 'config-spire',
  METRICS_DOMAIN: 'tekton.dev/pipeline',
};

export interface UpstreamOptions {
  /** The administrator's. */
  kubeconfig: string;
  kubeconfigPath: string;
  client: KubeClient;
  otlpUrl: string;
  directory: string;
}

/** Reads and writes with the rights that upstream's own roles give. */
async function kubeconfigAs(user: string, { kubeconfig, directory }: UpstreamOptions): Promise<string> {
  const config = parse(kubeconfig) as { users: { user: Record<string, unknown> }[] };
  for (const entry of config.users) entry.user['as'] = user;
  const path = join(directory, `${user.split(':').at(-1)}.kubeconfig`);
  await writeFile(path, stringify(config), { mode: 0o600 });
  return path;
}

async function startProgram(
  program: 'tekton-controller' | 'tekton-webhook',
  args: string[],
  env: Record<string, string>,
  directory: string,
): Promise<ServerProcess> {
  const [probes = 0, metrics = 0] = await freePorts(2);
  return startServerProcess({
    program: peerProgram(program),
    args,
    env: {
      ...environment,
      PROBES_PORT: String(probes),
      METRICS_PROMETHEUS_PORT: String(metrics),
      POD_NAME: program,
      ...env,
    },
    logFile: join(directory, `${program}.log`),
    isReady: async () => (await fetch(`http://127.0.0.1:${probes}/readiness`)).ok,
    startTimeoutMs: START_TIMEOUT_MS,
    // On SIGTERM the webhook waits 45 s for requests that do not come.
    stopSignal: 'SIGKILL',
  });
}

/** Upstream's webhook publishes its certificate itself. */
async function webhookPublished(client: KubeClient): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const path = resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: CONFIGURATION });
    const { webhooks = [] } = await client.request<V1MutatingWebhookConfiguration>('GET', path);
    if (webhooks.length > 0 && webhooks.every(({ clientConfig }) => clientConfig.caBundle)) return;
    if (Date.now() > deadline) throw new Error("upstream's webhook has not published its certificate");
    await delay(POLL_MS);
  }
}

/** Installs upstream Tekton, which converts, fills in and checks its objects by a webhook: a process of this machine. */
export async function startUpstreamWebhook(options: UpstreamOptions): Promise<ServerProcess> {
  const { client, kubeconfigPath, otlpUrl, directory } = options;
  const [webhookPort = 0] = await freePorts(1);
  await installUpstream({ kubeconfigPath, webhookPort, otlpUrl, directory });
  const user = `system:serviceaccount:${TEKTON_NAMESPACE}:tekton-pipelines-webhook`;
  const args = ['-kubeconfig', await kubeconfigAs(user, options)];
  const env = {
    CONFIG_LEADERELECTION_NAME: 'config-leader-election-webhook',
    WEBHOOK_PORT: String(webhookPort),
    WEBHOOK_ADMISSION_CONTROLLER_NAME: CONFIGURATION,
    WEBHOOK_SERVICE_NAME: 'tekton-pipelines-webhook',
    WEBHOOK_SECRET_NAME: 'webhook-certs',
  };
  const webhook = await startProgram('tekton-webhook', args, env, directory);
  try {
    await webhookPublished(client);
    return webhook;
  } catch (error) {
    await webhook.stop();
    throw error;
  }
}

/** Installs upstream Tekton and starts its webhook and its controller as processes of this machine, tracing on. */
export async function startUpstream(options: UpstreamOptions): Promise<{ stop(): Promise<void> }> {
  const { directory } = options;
  const webhook = await startUpstreamWebhook(options);
  try {
    const images = ['entrypoint', 'nop', 'sidecarlogresults', 'workingdirinit', 'shell'];
    const args = ['-kubeconfig', await kubeconfigAs(upstreamController, options)].concat(
      [
        ...images.map((name) => [`-${name}-image`, `tektrace.test/${name}`]),
        ['-shell-image-win', 'tektrace.test/shell'],
      ].flat(),
    );
    const env = { CONFIG_LEADERELECTION_NAME: 'config-leader-election-controller' };
    const controller = await startProgram('tekton-controller', args, env, directory);
    const stop = async (): Promise<void> => {
      await controller.stop();
      await webhook.stop();
    };
    return { stop };
  } catch (error) {
    await webhook.stop();
    throw error;
  }
}
