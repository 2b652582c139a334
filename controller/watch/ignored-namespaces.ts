import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { KubernetesMetrics } from '../../shared/kubernetes/metrics.ts';
import { Reflector } from '../../shared/kubernetes/reflector.ts';
import { NAMESPACES } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { IGNORE } from '../../shared/tekton/annotations.ts';

export interface IgnoredNamespacesOptions {
  client: KubeClient;
  /** The only watched namespace; absent: all. */
  namespace?: string;
  metrics?: KubernetesMetrics;
  log: Logger;
}

/** The namespaces with the label `tektrace.dev/ignore`. Others are not read. */
export function createIgnoredNamespaces({
  client,
  namespace,
  metrics,
  log,
}: IgnoredNamespacesOptions): Reflector<KubeObject> {
  return new Reflector<KubeObject>({
    client,
    resource: NAMESPACES,
    labelSelector: IGNORE,
    ...(namespace !== undefined && { fieldSelector: `metadata.name=${namespace}` }),
    transform: ({ metadata: { name, uid, resourceVersion } }) => ({ metadata: { name, uid, resourceVersion } }),
    ...(metrics && { observer: metrics.reflector('namespaces') }),
    log,
  });
}
