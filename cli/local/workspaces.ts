import { stat } from 'node:fs/promises';
import path from 'node:path';

import { PERSISTENT_VOLUME_CLAIMS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { CommandError } from '../errors.ts';
import type { LocalCluster } from './cluster.ts';

/**
 * A PersistentVolumeClaim for each directory of this machine that a workspace is to be. The node uses the directory itself: what
 * steps write there stays. Throws CommandError for what is no directory.
 */
export async function claimDirectories(
  cluster: LocalCluster,
  namespace: string,
  directories: [string, string][],
): Promise<{ name: string; claimName: string }[]> {
  const claims: { name: string; claimName: string }[] = [];
  for (const [name, directory] of directories) {
    const absolute = path.resolve(directory);
    const found = await stat(absolute).catch(() => undefined);
    if (!found?.isDirectory()) throw new CommandError(`--workspace ${name}=${directory}: no such directory`);
    const claimName = `workspace-${name}`;
    cluster.node.claimDirectory(namespace, claimName, absolute);
    const body = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: claimName },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    await cluster.client.request('POST', resourcePath(PERSISTENT_VOLUME_CLAIMS, { namespace }), { body });
    claims.push({ name, claimName });
  }
  return claims;
}
