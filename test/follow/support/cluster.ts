import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createKubeClient } from '../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';
import { isAlreadyExists } from '../../../shared/kubernetes/errors.ts';
import { NAMESPACES, resourcePath } from '../../../shared/kubernetes/resources.ts';
import { furnish } from '../../clusters/furnish.ts';
import { startWholeCluster } from '../../clusters/whole/cluster.ts';
import { BUSYBOX_IMAGE, TEKTON_IMAGE } from '../../clusters/whole/images/catalog.ts';
import { installJaeger } from '../../clusters/whole/jaeger.ts';
import type { ClusterJaeger } from '../../clusters/whole/jaeger.ts';
import { runPeer } from '../../peers/support/command.ts';
import { chart, helm } from '../../peers/support/helm.ts';
import { startUpstream } from '../../peers/support/upstream/processes.ts';
import { webhookAnswers } from '../../peers/support/webhook-cluster.ts';
import { Recorder } from './recorder.ts';

const RELEASE_NAMESPACE = 'tracing';
const WEBHOOK = 'deployment/tektrace-webhook';

/** What the table of kinds needs beside upstream's settings as they come. */
const features = { 'enable-api-fields': 'alpha' };

/** A whole Kubernetes on which upstream Tekton executes and Tektrace, from its chart, follows. */
export interface FollowCluster {
  client: KubeClient;
  jaeger: ClusterJaeger;
  recorder: Recorder;
  /** Makes a namespace in which Pods can run, unless it is there. */
  createNamespace(name: string): Promise<void>;
  kubectl(...args: string[]): Promise<string>;
  /** A client whose requests are `user`'s. */
  clientAs(user: string): KubeClient;
  /** From now on the node reaches `target` of this machine's loopback at `port` of its own. */
  relay(port: number, target: number): void;
  /** Takes Tektrace's webhook away, or brings it back. */
  setWebhook(up: boolean): Promise<void>;
  stop(): Promise<void>;
}

interface FollowedCluster {
  kubeconfig: string;
  kubeconfigPath: string;
  jaeger: ClusterJaeger;
  relay: (port: number, target: number) => void;
}

/** Uses a cluster on which everything runs. */
async function followCluster(options: FollowedCluster): Promise<FollowCluster> {
  const { kubeconfig, kubeconfigPath, jaeger, relay } = options;
  const client = createKubeClient(loadKubeConfig({ text: kubeconfig }));
  const clients = [client];
  const recorder = new Recorder();
  await recorder.start(client);
  const kubectl = (...args: string[]): Promise<string> =>
    runPeer('kubectl', [`--kubeconfig=${kubeconfigPath}`, ...args], { timeoutMs: 180_000 });
  const ofRelease = `--namespace=${RELEASE_NAMESPACE}`;
  return {
    ...{ client, jaeger, recorder, kubectl, relay },
    clientAs: (user) => {
      const config = loadKubeConfig({ text: kubeconfig });
      config.users = config.users.map((admin) => ({ ...admin, impersonateUser: user }));
      const other = createKubeClient(config);
      clients.push(other);
      return other;
    },
    createNamespace: async (name) => {
      await client
        .request('POST', resourcePath(NAMESPACES), { body: { metadata: { name } } })
        .catch((error: unknown) => {
          if (!isAlreadyExists(error)) throw error;
        });
      await furnish(client, name);
    },
    setWebhook: async (up) => {
      await kubectl(ofRelease, 'scale', WEBHOOK, `--replicas=${up ? 2 : 0}`);
      const pods = ['pods', '--selector=app.kubernetes.io/component=webhook'];
      if (up) await kubectl(ofRelease, 'rollout', 'status', WEBHOOK, '--timeout=150s');
      else await kubectl(ofRelease, 'wait', ...pods, '--for=delete', '--timeout=150s');
      await webhookAnswers(client, up);
    },
    stop: async () => {
      await recorder.stop();
      for (const open of clients) open.close();
    },
  };
}

/** Starts everything, with upstream's tracing off. */
export async function startFollowCluster(): Promise<FollowCluster & FollowedCluster> {
  const cluster = await startWholeCluster();
  const { client, kubeconfig, kubeconfigPath } = cluster;
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-follow-'));
  const stops = [() => rm(directory, { recursive: true, force: true }), () => cluster.stop()];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    const jaeger = await installJaeger(client, cluster.nodeAddress);
    const upstream = await startUpstream({
      ...{ kubeconfig, kubeconfigPath, client, directory, features },
      otlpUrl: jaeger.nodeOtlpUrl,
      tracing: false,
      resolvers: true,
      images: { programs: TEKTON_IMAGE, shell: BUSYBOX_IMAGE },
      relay: (port, target) => cluster.relay(port, target),
      // By default it sends so few requests a second that many runs at once would wait for each other.
      controllerArgs: ['-kube-api-qps=200', '-kube-api-burst=400'],
    });
    stops.push(() => upstream.stop());
    const release = ['--kubeconfig', kubeconfigPath, '--namespace', RELEASE_NAMESPACE, '--create-namespace'];
    await helm(['install', 'tektrace', chart, '--wait', '--timeout', '4m', ...release], {
      jaegerCollectorUrl: jaeger.otlpUrl,
      image: { pullPolicy: 'Never' },
      // A busy machine is not taken for a webhook that is down.
      webhook: { timeoutSeconds: 20 },
    });
    // Its Pods are ready some time before the node knows that they are its Service's.
    await webhookAnswers(client);
    const relay = (port: number, target: number): void => cluster.relay(port, target);
    const options = { kubeconfig, kubeconfigPath, jaeger, relay };
    const followed = await followCluster(options);
    stops.push(() => followed.stop());
    return { ...followed, ...options, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
