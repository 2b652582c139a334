import { isObject, valueAt } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { systemRequest } from '../registry/write-request.ts';
import type { Api } from '../registry/api.ts';
import { updateObject } from '../registry/update.ts';
import { StatusError } from '../status.ts';

const CLAIMS = '/persistentvolumeclaims';
const PODS = '/pods';
const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';

/** Ended Pods do not use a claim. */
function uses(pod: KubeObject, claim: string): boolean {
  const phase = valueAt(pod, 'status', 'phase');
  const volumes = valueAt(pod, 'spec', 'volumes');
  if (phase === 'Succeeded' || phase === 'Failed' || !Array.isArray(volumes)) return false;
  return volumes.some((volume) => isObject(volume) && valueAt(volume, 'persistentVolumeClaim', 'claimName') === claim);
}

function isHeld({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(CLAIM_PROTECTION);
}

async function release(api: Api, { metadata: { namespace, name = '' } }: KubeObject): Promise<void> {
  const [type] = api.catalog.versions(CLAIMS);
  if (type === undefined || api.store.list(PODS, namespace).some((pod) => uses(pod, name))) return;
  const target = { type, namespace, name, subresource: undefined };
  const without = ({ metadata, ...rest }: KubeObject): KubeObject => {
    const finalizers = (metadata.finalizers ?? []).filter((one) => one !== CLAIM_PROTECTION);
    return { ...rest, metadata: { ...metadata, finalizers } };
  };
  try {
    await updateObject(api, target, without, systemRequest('pvc-protection-controller'));
  } catch (error: unknown) {
    // A conflict: the other write's event triggers this again.
    if (!(error instanceof StatusError && (error.code === 404 || error.code === 409))) throw error;
  }
}

/**
 * Removes the finalizer of a deleted claim once no Pod uses it, as kube-controller-manager's pvc-protection-controller does. Returns a
 * function that stops it.
 */
export function startClaimProtection(api: Api): () => void {
  const visit = (claim: KubeObject): void => {
    if (!isHeld(claim)) return;
    release(api, claim).catch((error: unknown) => api.log.warn('releasing a claim failed', { error }));
  };
  const stopClaims = api.store.subscribe(CLAIMS, ({ type, object }) => {
    if (type !== 'DELETED') setImmediate(() => visit(object));
  });
  const stopPods = api.store.subscribe(PODS, ({ object }) => {
    for (const claim of api.store.list(CLAIMS, object.metadata.namespace)) visit(claim);
  });
  return () => {
    stopClaims();
    stopPods();
  };
}
