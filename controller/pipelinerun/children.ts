import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { timedOutAt } from '../model/pipeline-run-timeouts.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { PipelineRunContext } from './context.ts';

/** The TaskRuns that the run owns, as the cache has them. */
export const cachedChildren = traced(
  'cachedChildren',
  ({ taskRuns }: Pick<PipelineRunContext, 'taskRuns'>, run: PipelineRun): TaskRun[] =>
    taskRuns.byIndex('owner', run.metadata.uid ?? ''),
);

/** The TaskRun as the API server has it now; undefined when there is none of that name, or it is another's. */
const readTaskRun = traced(
  'readTaskRun',
  async ({ client }: PipelineRunContext, run: PipelineRun, name: string): Promise<TaskRun | undefined> => {
    const { namespace, uid } = run.metadata;
    try {
      const child = await client.request<TaskRun>('GET', resourcePath(TASK_RUNS, { namespace, name }));
      return child.metadata.ownerReferences?.some((owner) => owner.uid === uid) ? child : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  },
);

/**
 * The TaskRuns that were created, by this process or, as the run's status says, by another, and that the cache does not have: its watch may
 * be behind, and a task must not count as never started because its TaskRun was not seen yet.
 */
export const unseenChildren = traced(
  'unseenChildren',
  async (context: PipelineRunContext, run: PipelineRun, cached: readonly TaskRun[]): Promise<TaskRun[]> => {
    const { uid = '' } = run.metadata;
    const seen = new Set(cached.map(({ metadata }) => metadata.name));
    const told = (run.status?.childReferences ?? []).filter(({ kind }) => kind === 'TaskRun').map(({ name }) => name);
    const names = [...new Set([...told, ...context.created.of(uid)])].filter((name) => !seen.has(name));
    try {
      const found = await Promise.all(names.map((name) => readTaskRun(context, run, name)));
      for (const [index, name] of names.entries()) if (!found[index]) context.created.forget(uid, name);
      return found.filter((child) => child !== undefined);
    } catch (error) {
      // What fails again and again does not keep the run past its end. A TaskRun that comes after it is told to stop then.
      if (run.spec.status !== 'Cancelled' && !timedOutAt(run, context.clock()).pipeline) throw error;
      context.log.warn('a run ends although TaskRuns that it created were not seen', {
        pipelinerun: run.metadata.name,
        error,
      });
      return [];
    }
  },
);
