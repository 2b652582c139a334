import type { KubeClient } from '../shared/kubernetes/client.ts';
import { isNotFound } from '../shared/kubernetes/errors.ts';
import { PIPELINE_RUNS, resourcePath, TASK_RUNS } from '../shared/kubernetes/resources.ts';
import { CommandError } from './errors.ts';
import type { Run } from './follow/follow-run.ts';

/** The PipelineRun of that name, else the TaskRun. Throws CommandError if there is neither. */
export async function findRun(client: KubeClient, namespace: string, name: string): Promise<Run> {
  for (const resource of [PIPELINE_RUNS, TASK_RUNS]) {
    try {
      return await client.request<Run>('GET', resourcePath(resource, { namespace, name }));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  throw new CommandError(
    `no PipelineRun or TaskRun ${name} in namespace ${namespace} of ${client.server}; -n names another namespace`,
  );
}
