import { LABEL_PIPELINE_RUN, LABEL_PIPELINE_TASK } from '../../../shared/tekton/annotations.ts';
import { isSuccessful, succeededCondition } from '../../../shared/tekton/conditions.ts';
import type { PipelineRun, TaskRun } from '../../../shared/tekton/types.ts';

/**
 * The tasks of a run for which upstream started no Pod. It fails a TaskRun for good when the request that creates its Pod gets no good answer
 * (`handlePodCreationError`, reason PodCreationFailed), and skips what comes after. Throws if the run failed for any other reason.
 */
export function tasksWithoutPod(run: PipelineRun, taskRuns: TaskRun[]): string[] {
  if (isSuccessful(run)) return [];
  const own = taskRuns.filter(({ metadata }) => metadata.labels?.[LABEL_PIPELINE_RUN] === run.metadata.name);
  const failed = own.filter((taskRun) => !isSuccessful(taskRun));
  const others = failed.filter((taskRun) => succeededCondition(taskRun)?.reason !== 'PodCreationFailed');
  if (failed.length === 0 || others.length > 0)
    throw new Error(
      [run, ...others]
        .map(({ metadata, status }) => `${metadata.name} ${JSON.stringify(status?.conditions)}`)
        .join('; '),
    );
  const skipped = (run.status?.skippedTasks ?? []).map(({ name }) => name);
  return [...failed.map(({ metadata }) => metadata.labels?.[LABEL_PIPELINE_TASK] ?? ''), ...skipped];
}
