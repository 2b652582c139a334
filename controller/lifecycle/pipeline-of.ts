import { LABEL_PIPELINE_TASK } from '../../shared/tekton/annotations.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { PipelineRun, PipelineSpec, PipelineTask } from '../../shared/tekton/types.ts';

/** The Pipeline that a run executes: from the status, else embedded in the run. */
export function specOf(run: PipelineRun): PipelineSpec {
  return run.status?.pipelineSpec ?? run.spec.pipelineSpec ?? {};
}

/** The pipeline task of `child` in the Pipeline of `run`; undefined if the Pipeline does not have it. */
export function pipelineTaskOf(run: PipelineRun, { metadata }: KubeObject): PipelineTask | undefined {
  const { tasks = [], finally: last = [] } = specOf(run);
  const name = metadata.labels?.[LABEL_PIPELINE_TASK];
  return tasks.find((task) => task.name === name) ?? last.find((task) => task.name === name);
}
