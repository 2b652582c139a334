import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { timedOutAt } from '../model/pipeline-run-timeouts.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { PipelineRunContext } from './context.ts';

/** The TaskRuns that the run owns, from the cache. */
export const cachedChildren = traced(
  'cachedChildren',
  ({ taskRuns }: Pick<PipelineRunContext, 'taskRuns'>, run: PipelineRun): TaskRun[] =>
    taskRuns.byIndex('owner', run.metadata.uid ?? ''),
);

/** The TaskRun from the API server; undefined if there is none of that name, or if it has another owner. */
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
 * TaskRuns that are not in the cache, although this process created them or the run's status refers to them. The watch may be behind, and then
 * their tasks must not count as never started.
 */
export const unseenChildren = traced(
  'unseenChildren',
  async (context: PipelineRunContext, run: PipelineRun, cached: readonly TaskRun[]): Promise<TaskRun[]> => {
    const { uid = '' } = run.metadata;
    const seen = new Set(cached.map(({ metadata }) => metadata.name));
    const referenced = (run.status?.childReferences ?? [])
      .filter(({ kind }) => kind === 'TaskRun')
      .map(({ name }) => name);
    const names = [...new Set([...referenced, ...context.created.of(uid)])].filter((name) => !seen.has(name));
    try {
      const found = await Promise.all(names.map((name) => readTaskRun(context, run, name)));
      for (const [index, name] of names.entries()) if (!found[index]) context.created.forget(uid, name);
      return found.filter((child) => child !== undefined);
    } catch (error) {
      // Repeated errors must not keep the run beyond its end. A TaskRun that arrives later is cancelled then.
      if (run.spec.status !== 'Cancelled' && !timedOutAt(run, context.clock()).pipeline) throw error;
      context.log.warn('a run ends although some of its TaskRuns could not be read', {
        pipelinerun: run.metadata.name,
        error,
      });
      return [];
    }
  },
);
