import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { peerProgram } from '../binaries.ts';
import { freePorts } from '../ports.ts';
import { startServerProcess } from '../server-process.ts';
import type { ServerProcess } from '../server-process.ts';
import { TEKTON_NAMESPACE, installUpstream } from './install.ts';
import { webhookPublished } from './published.ts';

const START_TIMEOUT_MS = 120_000;
const CONFIGURATION = 'webhook.pipeline.tekton.dev';
const RESOLVERS_NAMESPACE = 'tekton-pipelines-resolvers';

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
  /** Whether it traces from the start; it does unless told. */
  tracing?: boolean;
  /** What differs from its feature flags as they come. */
  features?: Record<string, string>;
  /** Whether it resolves remote tasks and pipelines; not unless told. */
  resolvers?: boolean;
  /** What its Pods run from: an image with its own programs, one with a shell. Where no Pods run, any names do. */
  images?: { programs: string; shell: string };
  /** Makes the API server reach `target` of this machine's loopback at `port` of its own, where they don't have one loopback. */
  relay?: (port: number, target: number) => void;
  /** Further arguments of its controller. */
  controllerArgs?: string[];
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
  program: 'tekton-controller' | 'tekton-webhook' | 'tekton-resolvers',
  args: string[],
  env: Record<string, string>,
  directory: string,
  /** By its log, where it answers no probe. */
  readyLine?: string,
): Promise<ServerProcess> {
  const [probes = 0, metrics = 0] = await freePorts(2);
  const logFile = join(directory, `${program}.log`);
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
    logFile,
    isReady: async () =>
      readyLine === undefined
        ? (await fetch(`http://127.0.0.1:${probes}/readiness`)).ok
        : (await readFile(logFile, 'utf8')).includes(readyLine),
    startTimeoutMs: START_TIMEOUT_MS,
    // On SIGTERM the webhook waits 45 s for requests that do not come.
    stopSignal: 'SIGKILL',
  });
}

/** Installs upstream Tekton, which converts, fills in and checks its objects by a webhook: a process of this machine. */
export async function startUpstreamWebhook(options: UpstreamOptions): Promise<ServerProcess> {
  const { client, kubeconfigPath, otlpUrl, directory } = options;
  const { tracing = true, features = {}, resolvers = false } = options;
  const [listensAt = 0, relayedAt = 0] = await freePorts(2);
  options.relay?.(relayedAt, listensAt);
  const webhookPort = options.relay === undefined ? listensAt : relayedAt;
  await installUpstream({ kubeconfigPath, webhookPort, otlpUrl, directory, tracing, features, resolvers });
  const user = `system:serviceaccount:${TEKTON_NAMESPACE}:tekton-pipelines-webhook`;
  const args = ['-kubeconfig', await kubeconfigAs(user, options)];
  const env = {
    CONFIG_LEADERELECTION_NAME: 'config-leader-election-webhook',
    WEBHOOK_PORT: String(listensAt),
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

async function startController(options: UpstreamOptions): Promise<ServerProcess> {
  const { images = { programs: 'tektrace.test/programs', shell: 'tektrace.test/shell' }, controllerArgs = [] } =
    options;
  const args = ['-kubeconfig', await kubeconfigAs(upstreamController, options)]
    .concat(
      ['entrypoint', 'nop', 'sidecarlogresults', 'workingdirinit'].flatMap((n) => [`-${n}-image`, images.programs]),
    )
    .concat(['-shell-image', images.shell, '-shell-image-win', images.shell], controllerArgs);
  const env = { CONFIG_LEADERELECTION_NAME: 'config-leader-election-controller' };
  return startProgram('tekton-controller', args, env, options.directory);
}

async function startResolvers(options: UpstreamOptions): Promise<ServerProcess> {
  const user = `system:serviceaccount:${RESOLVERS_NAMESPACE}:tekton-pipelines-resolvers`;
  const args = ['-kubeconfig', await kubeconfigAs(user, options)];
  const env = {
    SYSTEM_NAMESPACE: RESOLVERS_NAMESPACE,
    CONFIG_LEADERELECTION_NAME: 'config-leader-election-resolvers',
    METRICS_DOMAIN: 'tekton.dev/resolution',
    ARTIFACT_HUB_API: 'https://artifacthub.io/',
  };
  const leads = 'has started leading \\"controller.tektonresolverframework.cluster';
  return startProgram('tekton-resolvers', args, env, options.directory, leads);
}

/** Installs upstream Tekton and starts its webhook, its controller and, where they are wanted, its resolvers as processes of this machine. */
export async function startUpstream(options: UpstreamOptions): Promise<{ stop(): Promise<void> }> {
  const started = [await startUpstreamWebhook(options)];
  const stop = async (): Promise<void> => {
    for (const program of started.splice(0).reverse()) await program.stop();
  };
  try {
    started.push(await startController(options));
    if (options.resolvers === true) started.push(await startResolvers(options));
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
