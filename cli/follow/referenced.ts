import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { PIPELINES, resourcePath, TASKS } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { declaredNames } from './declared.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import type { Run } from './follow-run.ts';

/** The Pipelines and Tasks in the cluster that runs name and `objects` do not hold; one that is not there is left out. */
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
      // What the run refers to may come later, or be of a kind of somebody else: then the controllers tell.
      if (!isNotFound(error)) throw error;
    }
  }
  return found;
}
