import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { PIPELINE_RUNS, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import { CommandError } from '../errors.ts';
import type { Run } from '../follow/follow-run.ts';
import { didYouMean } from '../options/suggest.ts';

/** Names of runs to compare with one that is not there: not all of a large cluster. */
const MAX_NAMES = 500;

/** The names of runs in the namespace; none if the user may not list them. */
async function runNames(client: KubeClient, namespace: string): Promise<string[]> {
  const query = { limit: MAX_NAMES };
  const names = [PIPELINE_RUNS, TASK_RUNS].map((resource) =>
    client
      .request<{ items: Run[] }>('GET', resourcePath(resource, { namespace }), { query })
      .then(({ items }) => items.map(({ metadata }) => metadata.name ?? ''))
      .catch(() => []),
  );
  return (await Promise.all(names)).flat();
}

/** The PipelineRun of that name, else the TaskRun. Throws CommandError if there is neither. */
export async function findRun(client: KubeClient, namespace: string, name: string): Promise<Run> {
  for (const resource of [PIPELINE_RUNS, TASK_RUNS]) {
    try {
      return await client.request<Run>('GET', resourcePath(resource, { namespace, name }));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  const similar = didYouMean(name, await runNames(client, namespace));
  throw new CommandError(
    `no PipelineRun or TaskRun ${name} in namespace ${namespace} of ${client.server}${similar}; -n names another namespace`,
  );
}
