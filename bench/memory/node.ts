import { createKubeClient } from '../../shared/kubernetes/client.ts';
import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import type { Pod, PodStatus } from '../../shared/kubernetes/pod.ts';
import { Reflector } from '../../shared/kubernetes/reflector.ts';
import { MERGE_PATCH, PODS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { aborted, shutdownSignal } from '../../shared/runtime/shutdown.ts';

/** The whole life of a Pod that ran well, in one status: as little work for the API server as can be. */
function succeeded(pod: Pod): PodStatus {
  const now = new Date();
  const at = `${now.toISOString().slice(0, 19)}Z`;
  const message = JSON.stringify([{ key: 'StartedAt', value: now.toISOString(), type: 3 }]);
  return {
    phase: 'Succeeded',
    startTime: at,
    conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at }],
    containerStatuses: (pod.spec?.containers ?? []).map(({ name, image = '' }) => ({
      ...{ name, image, imageID: '', restartCount: 0, ready: false },
      state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: at, finishedAt: at, message } },
    })),
  };
}

/** A process that ends every Pod of the cluster at once, until a signal ends it. KUBECONFIG names the cluster. */
async function main(): Promise<void> {
  const client = createKubeClient(loadKubeConfig());
  const stop = shutdownSignal();
  const log = createLogger({ level: 'warn' });
  const reflector = new Reflector<Pod>({
    client,
    resource: PODS,
    log,
    transform: ({ metadata, kind, apiVersion, spec }) => ({
      ...{ kind, apiVersion, metadata: { ...metadata, managedFields: [] } },
      ...(spec ? { spec } : {}),
    }),
  });
  const end = async (pod: Pod): Promise<void> => {
    const { namespace, name } = pod.metadata;
    const path = resourcePath(PODS, { namespace, name, subresource: 'status' });
    try {
      await client.request('PATCH', path, { body: { status: succeeded(pod) }, contentType: MERGE_PATCH });
    } catch (error) {
      if (!isNotFound(error) && !stop.aborted) log.error('a Pod could not be ended', { name, namespace, error });
    }
  };
  reflector.addHandler({ added: (pod) => void end(pod), updated: () => undefined, deleted: () => undefined });
  const ran = reflector.run(stop);
  await reflector.synced;
  process.send?.('ready');
  await aborted(stop);
  await ran;
  client.close();
  process.disconnect?.();
}

await main();
