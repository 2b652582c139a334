import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { asNew } from '../follow/as-new.ts';
import { createObject, UnservedKindError } from '../follow/create.ts';
import type { Run } from '../follow/follow-run.ts';
import type { Manifest } from '../follow/manifests.ts';
import { createNamespaces } from '../follow/namespaces.ts';
import { inCreationOrder, isRun } from '../follow/order.ts';
import { isDispensable } from '../follow/unserved.ts';

export interface RunInputsOptions {
  client: KubeClient;
  /**
   * Whether the cluster exists for these objects alone. Then their namespaces are created, the namespace and service account `default` are
   * patched with theirs, and an object of a kind that it does not serve and no run needs is left out with a warning.
   */
  isOwnCluster: boolean;
  manifests: readonly Manifest[];
  /** Namespace of objects without one. */
  namespace: string;
  /** The run to create (with params, workspaces, inbound parent). Throws CommandError if it can't be executed. */
  prepare: (run: Run, where: string) => Run | Promise<Run>;
  /** Called with each created run; the next run is created when this resolves. */
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
 * Creates everything but the runs, prepares all runs, then creates and follows one run after the other, in their order. A failed run does not
 * stop the next; a signal does. Throws CommandError (exit 2) for a refused object. What `prepare` throws comes before any run is created.
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
