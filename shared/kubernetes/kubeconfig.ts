import { KubeConfig } from '@kubernetes/client-node';

/**
 * Where the cluster is and who we are: a kubeconfig's text, a file, else KUBECONFIG, else the Pod's service account, else ~/.kube/config.
 * Throws an Error that says what was looked at when none of them gives a cluster.
 */
export function loadKubeConfig(source: { text?: string; file?: string } = {}): KubeConfig {
  const config = new KubeConfig();
  if (source.text !== undefined) config.loadFromString(source.text);
  else if (source.file !== undefined) config.loadFromFile(source.file);
  else if (process.env.KUBECONFIG === undefined && process.env.KUBERNETES_SERVICE_HOST !== undefined)
    config.loadFromCluster();
  else config.loadFromDefault();
  const server = config.getCurrentCluster()?.server;
  if (!server || (server === 'http://localhost:8080' && config.getCurrentUser()?.name === 'user')) {
    throw new Error('no cluster found: set KUBECONFIG (or --kubeconfig) to a kubeconfig with a current context');
  }
  return config;
}
