import type { KubeObject } from '../../shared/kubernetes/types.ts';

/** What the API server writes into the metadata of each object that it stores. It refuses to create an object with a resourceVersion. */
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
 * The object as one that is to be created, where `kubectl get -o yaml` wrote it: without the fields of the API server that had it. In a
 * cluster of its own (`isOwnCluster`) it has no owners either: they are not there, and the garbage collector would delete it.
 */
export function asNew<T extends KubeObject>(object: T, isOwnCluster: boolean): T {
  const kept = Object.entries(object.metadata).filter(
    ([field]) => !OF_THE_SERVER.has(field) && !(isOwnCluster && field === 'ownerReferences'),
  );
  return { ...object, metadata: Object.fromEntries(kept) };
}
