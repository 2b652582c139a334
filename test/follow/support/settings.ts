import { CONFIGMAPS, MERGE_PATCH, resourcePath } from '../../../shared/kubernetes/resources.ts';
import { until } from '../../peers/support/until.ts';
import { TEKTON_NAMESPACE } from '../../peers/support/upstream/install.ts';
import { pipelineRun, step, taskRun } from '../kinds/kind.ts';
import type { FollowCluster } from './cluster.ts';
import { LiveRun } from './live-run.ts';

/** Where runs are made that only show whether upstream has read a setting: it does not say so itself. */
const NAMESPACE = 'settings';

async function configure({ client }: FollowCluster, name: string, data: Record<string, string>): Promise<void> {
  const path = resourcePath(CONFIGMAPS, { namespace: TEKTON_NAMESPACE, name });
  await client.request('PATCH', path, { body: { data }, contentType: MERGE_PATCH });
}

/** Whether sidecars are init containers that go on, from the next Pod on. */
export async function setNativeSidecars(cluster: FollowCluster, enabled: boolean): Promise<void> {
  await cluster.createNamespace(NAMESPACE);
  await configure(cluster, 'feature-flags', { 'enable-kubernetes-sidecar': String(enabled) });
  const sidecars = [{ name: 'one', image: 'busybox:1.37' }];
  const written = { ...taskRun('', [step('only')], {}, { sidecars }), metadata: { generateName: 'probe-' } };
  await until('upstream to read its feature flags', async () => {
    const live = await LiveRun.create(cluster, NAMESPACE, written);
    const pod = await live.until('its Pod', () => live.family().pods[0]);
    await live.delete();
    const isNative = pod.spec?.initContainers?.some(({ name }) => name === 'sidecar-one') === true;
    return isNative === enabled || undefined;
  });
}

/** Upstream's controllers export spans of their own from now on. */
export async function traceUpstream(cluster: FollowCluster): Promise<void> {
  await cluster.createNamespace(NAMESPACE);
  await configure(cluster, 'config-tracing', { enabled: 'true' });
  const written = {
    ...pipelineRun('', [{ name: 'only', taskRef: { name: 'nowhere' } }]),
    metadata: { generateName: 'probe-' },
  };
  await until('spans of upstream’s', async () => {
    await LiveRun.create(cluster, NAMESPACE, written);
    const response = await fetch(`${cluster.jaeger.queryUrl}/api/services`);
    const { data } = (await response.json()) as { data: string[] };
    return data.includes('pipelinerun-reconciler') || undefined;
  });
}
