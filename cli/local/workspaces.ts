import { createHash } from 'node:crypto';
import path from 'node:path';

import { isAlreadyExists } from '../../shared/kubernetes/errors.ts';
import { PERSISTENT_VOLUME_CLAIMS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { WorkspaceBinding } from '../../shared/tekton/types.ts';
import type { GivenWorkspace } from '../follow/workspaces.ts';
import type { LocalCluster } from './cluster.ts';

/** The claim's name for a workspace, whose name may be no valid object name. */
function claimNameOf(name: string): string {
  const isLabel = /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/.test(name);
  return `workspace-${isLabel ? name : createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}

async function claimDirectory(
  { client, node }: LocalCluster,
  namespace: string,
  { name, directory }: { name: string; directory: string },
): Promise<WorkspaceBinding> {
  const claimName = claimNameOf(name);
  node.claimDirectory(namespace, claimName, path.resolve(directory));
  const body = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: claimName },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  try {
    await client.request('POST', resourcePath(PERSISTENT_VOLUME_CLAIMS, { namespace }), { body });
  } catch (error) {
    // Another run of the same command has created it.
    if (!isAlreadyExists(error)) throw error;
  }
  return { name, persistentVolumeClaim: { claimName } };
}

/**
 * The bindings of workspaces in the embedded cluster. A directory of this machine becomes a PersistentVolumeClaim, for which the node uses the
 * directory itself: files that steps write there stay.
 */
export async function bindWorkspaces(
  cluster: LocalCluster,
  namespace: string,
  given: readonly GivenWorkspace[],
): Promise<WorkspaceBinding[]> {
  const bindings: WorkspaceBinding[] = [];
  for (const workspace of given)
    bindings.push('directory' in workspace ? await claimDirectory(cluster, namespace, workspace) : workspace);
  return bindings;
}
