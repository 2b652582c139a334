import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { paramTypes } from '../follow/declared.ts';
import { CommandError } from '../errors.ts';
import { createObject } from '../follow/create.ts';
import type { Run } from '../follow/follow-run.ts';
import { checkGiven, takenBy } from '../follow/given.ts';
import type { Given } from '../follow/given.ts';
import { withInboundParent } from '../follow/inbound-parent.ts';
import { isRun } from '../follow/order.ts';
import { withParams } from '../follow/params.ts';
import { referencedInCluster } from '../follow/referenced.ts';
import { isRegular } from '../follow/regular.ts';
import { validateRun } from '../follow/validate.ts';
import { withWorkspaces } from '../follow/workspaces.ts';
import { bindWorkspaces } from '../local/workspaces.ts';
import type { RunCluster } from './run-cluster.ts';

/**
 * Throws CommandError for a param or workspace that no run among the `inputs` declares, and for a value that is not of its param's type.
 * Irregular objects (isRegular) are left to the API server.
 */
export function checkTaken(inputs: readonly KubeObject[], objects: readonly KubeObject[], given: Given): void {
  const runs = inputs.filter(isRun);
  if (!runs.every(isRegular)) return;
  const known = objects.filter(isRegular);
  checkGiven(runs, known, given);
  for (const run of runs) withGivenParams(run, known, given);
}

/** The regular objects of the `inputs`. In an existing cluster, also the Pipelines and Tasks that their runs refer to. */
export async function knownObjects(
  { client, local, namespace }: RunCluster,
  inputs: readonly KubeObject[],
): Promise<KubeObject[]> {
  const regular = inputs.filter(isRegular);
  return local
    ? regular
    : [...regular, ...(await referencedInCluster(client, regular.filter(isRun), regular, namespace))];
}

function withGivenParams(run: Run, objects: readonly KubeObject[], given: Given): Run {
  return withParams(run, takenBy(run, objects, given).params, paramTypes(run, objects));
}

/** The run to create. Throws CommandError if the cluster or its controllers would refuse it. */
export async function prepareRun(
  run: Run,
  where: string,
  { cluster, objects, given }: { cluster: RunCluster; objects: readonly KubeObject[]; given: Given },
): Promise<Run> {
  const { client, local } = cluster;
  if (!isRegular(run)) {
    await createObject(client, run, cluster.namespace, { dryRun: true, where });
    if (given.params.length + given.workspaces.length === 0) return run;
    throw new CommandError(
      `${where}: this ${run.kind}’s spec has an unknown shape: --param and --workspace can’t change it`,
    );
  }
  const { workspaces } = takenBy(run, objects, given);
  const namespace = run.metadata.namespace ?? cluster.namespace;
  const bindings = local
    ? await bindWorkspaces(local, namespace, workspaces)
    : workspaces.filter((workspace) => !('directory' in workspace));
  const prepared = withInboundParent(withWorkspaces(withGivenParams(run, objects, given), bindings), process.env);
  // Before any run is created: the second may be refused after the first has run for an hour.
  await createObject(client, prepared, namespace, { dryRun: true, where });
  // In another cluster upstream may execute what our controllers refuse.
  if (local) validateRun(prepared, [...objects], where);
  return prepared;
}
