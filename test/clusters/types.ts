import type { KubeClient } from '../../shared/kubernetes/client.ts';

/** What tests may expect of a cluster. A suite skips by these, never by the cluster's name. */
export interface ClusterCapabilities {
  /** The API server's `gitVersion`, such as `v1.36.3`. */
  version: string;
  /** Owned objects go with their owner, and a deleted namespace ends. */
  garbageCollection: boolean;
  /** Containers of Pods run. */
  pods: boolean;
  /** Pods run from their own image, in a network of their own. */
  images: boolean;
  /** Who is not system:masters needs a role. */
  rbac: boolean;
  /** The API server reaches a webhook that listens on a loopback port of this machine. */
  webhooks: boolean;
}

/** How a webhook configuration names its webhook: `clientConfig` of admissionregistration.k8s.io/v1. */
export interface WebhookClientConfig {
  url?: string;
  service?: { namespace: string; name: string; path: string; port: number };
  /** PEM in base64. */
  caBundle: string;
}

/** A cluster to test against, whatever it is made of. */
export interface TestCluster {
  readonly name: 'embedded' | 'apiserver' | 'whole' | 'existing';
  /** Text of a kubeconfig whose user is in system:masters (`existing`: whoever KUBECONFIG names). */
  readonly kubeconfig: string;
  /** The same as a file, for kubectl, helm and processes. */
  readonly kubeconfigPath: string;
  /** The administrator's; closed by `stop`. */
  readonly client: KubeClient;
  readonly capabilities: ClusterCapabilities;
  /**
   * How the API server finds a webhook that listens on `port` of this machine's loopback at `path` (with its slash), with `caPem`
   * the authority of its certificate. Throws where `capabilities.webhooks` is false.
   */
  webhookClientConfig(port: number, path: string, caPem: string): WebhookClientConfig;
  /** Ends what was started for it and removes its files (`existing`: the objects that carry `TEST_LABEL`). A second call does nothing more. */
  stop(): Promise<void>;
}

/** Cluster-scoped objects and namespaces that a test makes carry it (value: any), so that an existing cluster is left as it was. */
export const TEST_LABEL = 'tektrace.dev/test';
