import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { PIPELINES, resourcePath, TASKS } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { declaredNames } from './declared.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import type { Run } from './follow-run.ts';

/** The Pipelines and Tasks that runs refer to and that are in the cluster, but not among `objects`. Missing ones are left out. */
export async function referencedInCluster(
  client: KubeClient,
  runs: readonly Run[],
  objects: readonly KubeObject[],
  defaultNamespace: string,
): Promise<KubeObject[]> {
  const found: KubeObject[] = [];
  for (const run of runs) {
    const { pipelineRef } = run.spec as PipelineRun['spec'];
    const { taskRef } = run.spec as TaskRun['spec'];
    const name = pipelineRef?.name ?? taskRef?.name;
    if (name === undefined || declaredNames(run, objects)) continue;
    const namespace = run.metadata.namespace ?? defaultNamespace;
    const path = resourcePath(pipelineRef ? PIPELINES : TASKS, { namespace, name });
    try {
      const object = await client.request<KubeObject>('GET', path);
      found.push({ ...object, kind: pipelineRef ? 'Pipeline' : 'Task' });
    } catch (error) {
      // It may be created later, or be of a custom kind. The controllers report it if it is missing.
      if (!isNotFound(error)) throw error;
    }
  }
  return found;
}
