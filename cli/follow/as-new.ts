import type { KubeObject } from '../../shared/kubernetes/types.ts';

/** Metadata that the API server writes. It refuses to create an object with a resourceVersion. */
const OF_THE_SERVER = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/**
 * The object without the fields that an API server writes, so that output of `kubectl get -o yaml` can be created again. In a new cluster
 * (`isOwnCluster`) also without owner references: the owners do not exist there, and the garbage collector would delete the object.
 */
export function asNew<T extends KubeObject>(object: T, isOwnCluster: boolean): T {
  const kept = Object.entries(object.metadata).filter(
    ([field]) => !OF_THE_SERVER.has(field) && !(isOwnCluster && field === 'ownerReferences'),
  );
  return { ...object, metadata: Object.fromEntries(kept) };
}
