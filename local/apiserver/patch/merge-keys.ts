/**
 * Lists of core types that Kubernetes merges by key instead of replacing them, by their path without indexes (an ending of the path
 * is enough). No key: a set of plain values. Everything else is replaced as a whole.
 */
const mergeKeys: Record<string, string[]> = {
  'metadata.finalizers': [],
  'metadata.ownerReferences': ['uid'],
  'spec.containers': ['name'],
  'spec.initContainers': ['name'],
  'spec.ephemeralContainers': ['name'],
  'spec.volumes': ['name'],
  'spec.imagePullSecrets': ['name'],
  'spec.hostAliases': ['ip'],
  'spec.ports': ['port', 'protocol'],
  'containers.env': ['name'],
  'initContainers.env': ['name'],
  'containers.ports': ['containerPort', 'protocol'],
  'initContainers.ports': ['containerPort', 'protocol'],
  'containers.volumeMounts': ['mountPath'],
  'initContainers.volumeMounts': ['mountPath'],
  'containers.volumeDevices': ['devicePath'],
  'status.conditions': ['type'],
  'status.addresses': ['type'],
  'status.podIPs': ['ip'],
  'status.hostIPs': ['ip'],
  webhooks: ['name'],
  secrets: ['name'],
  imagePullSecrets: ['name'],
};

/** Objects of core types that are one value to Kubernetes (`x-kubernetes-map-type: atomic`), by their last path element. */
const atomicObjects = [
  'fieldRef',
  'resourceFieldRef',
  'configMapKeyRef',
  'secretKeyRef',
  'targetRef',
  'involvedObject',
  'nodeSelector',
  'labelSelector',
  'selector',
  'dataSource',
  'ownerReferences',
  'imagePullSecrets',
  'secretRef',
  'namespaceSelector',
  'objectSelector',
];

/** Whether the object (or the list's item) at `path` of a core type has no fields of its own in managedFields. */
export function isAtomic(path: string): boolean {
  return atomicObjects.includes(path.slice(path.lastIndexOf('.') + 1));
}

/** The keys that identify an item of the list at `path` of a core type (`spec.containers.env`); undefined where it is one value. */
export function mergeKeysOf(path: string): string[] | undefined {
  const parts = path.split('.');
  return mergeKeys[path] ?? mergeKeys[parts.slice(-2).join('.')];
}
