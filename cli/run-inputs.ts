import type { KubeClient } from '../shared/kubernetes/client.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { asNew } from './follow/as-new.ts';
import { createObject, UnservedKindError } from './follow/create.ts';
import type { Run } from './follow/follow-run.ts';
import type { Manifest } from './follow/manifests.ts';
import { createNamespaces } from './follow/namespaces.ts';
import { inCreationOrder, isRun } from './follow/order.ts';
import { isDispensable } from './follow/unserved.ts';

export interface RunInputsOptions {
  client: KubeClient;
  /**
   * Whether the cluster is there for these objects alone. It then gets the namespaces that they name, what it made by itself (the namespace and
   * service account `default`) is changed to what they say, and what it can't hold and no run needs is left out with a warning.
   */
  isOwnCluster: boolean;
  manifests: readonly Manifest[];
  /** Of objects that name none. */
  namespace: string;
  /** The run as it is to be created (params, workspaces, inbound parent). Throws CommandError for one that can't be run. */
  prepare: (run: Run, where: string) => Run | Promise<Run>;
  /** Called with each run once it is created; the next one is created when this resolves. */
  follow: (run: Run) => Promise<void>;
  log: Logger;
  signal: AbortSignal;
}

async function createDefinition(manifest: Manifest, options: RunInputsOptions): Promise<void> {
  const { client, isOwnCluster, manifests, namespace, log } = options;
  const { object, where } = manifest;
  try {
    await createObject(client, object, namespace, { where, patchExisting: isOwnCluster });
  } catch (error) {
    if (!isOwnCluster || !(error instanceof UnservedKindError) || !isDispensable(manifest, manifests)) throw error;
    log.warn(`left out: ${error.message}`);
  }
}

/**
 * Creates everything but the runs, prepares all runs, then creates and follows one run after the other, in their order. A run that fails
 * does not keep the next from starting; a signal does. Throws CommandError (exit 2) for what is not accepted; what `prepare` refuses, before any run is created.
 */
export async function runInputs(options: RunInputsOptions): Promise<void> {
  const { client, isOwnCluster, namespace, prepare, follow, signal } = options;
  const manifests = options.manifests.map((each) => ({ ...each, object: asNew(each.object, isOwnCluster) }));
  if (isOwnCluster) await createNamespaces(client, manifests, namespace);
  const runs: { run: Run; where: string }[] = [];
  for (const manifest of inCreationOrder(manifests)) {
    const { object, where } = manifest;
    if (isRun(object)) runs.push({ run: await prepare(object, where), where });
    else await createDefinition(manifest, { ...options, manifests });
  }
  for (const { run, where } of runs) {
    if (signal.aborted) return;
    await follow(await createObject<Run>(client, run, namespace, { where }));
  }
}
