import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { createObject } from './create.ts';
import type { Manifest } from './manifests.ts';

/**
 * Creates the namespaces of the objects, and `namespace`, unless they exist or are among the objects. Throws CommandError (exit 2) with the
 * object's place for an invalid namespace name.
 */
export async function createNamespaces(
  client: KubeClient,
  manifests: readonly Manifest[],
  namespace: string,
): Promise<void> {
  const given = new Set(
    manifests.filter(({ object }) => object.kind === 'Namespace').map(({ object }) => object.metadata.name),
  );
  const wanted = new Map([[namespace, '--namespace']]);
  for (const { object, where } of manifests) {
    const { namespace: own } = object.metadata;
    if (own && !wanted.has(own)) wanted.set(own, where);
  }
  for (const [name, where] of wanted) {
    if (given.has(name)) continue;
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await createObject(client, object, '', { where, patchExisting: true });
  }
}
