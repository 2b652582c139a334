import {
  LABEL_MEMBER_OF,
  LABEL_PIPELINE_RUN,
  LABEL_PIPELINE_RUN_UID,
  LABEL_PIPELINE_TASK,
  PIPELINE_RUN_SPAN_CONTEXT,
  TASK_RUN_SPAN_CONTEXT,
  UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT,
  UPSTREAM_TASK_RUN_SPAN_CONTEXT,
} from '../../shared/tekton/annotations.ts';
import type { PipelineRun, PipelineTask, PipelineTaskRunSpec } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { TaskState } from '../model/pipeline-run-facts.ts';

/** Upstream's annotation of TaskRuns whose failure the Pipeline ignores. */
const ON_ERROR_ANNOTATION = 'pipeline.tekton.dev/pipeline-task-on-error';
const NOT_COPIED = new Set([
  UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT,
  UPSTREAM_TASK_RUN_SPAN_CONTEXT,
  'kubectl.kubernetes.io/last-applied-configuration',
]);
const NOT_COPIED_PREFIXES = ['tekton/', 'chains.tekton.dev/'];

/** A TaskRun's labels. Labels of taskRunSpecs win over those of the run and of Tekton, and these over the embedded task's. */
export const createChildResourceLabels = traced(
  'createChildResourceLabels',
  (run: PipelineRun, { task, final }: TaskState): Record<string, string> => ({
    ...task.taskSpec?.metadata?.labels,
    ...run.metadata.labels,
    [LABEL_PIPELINE_RUN]: run.metadata.name ?? '',
    [LABEL_PIPELINE_RUN_UID]: run.metadata.uid ?? '',
    [LABEL_PIPELINE_TASK]: task.name,
    [LABEL_MEMBER_OF]: final ? 'finally' : 'tasks',
    ...run.spec.taskRunSpecs?.find(({ pipelineTaskName }) => pipelineTaskName === task.name)?.metadata?.labels,
  }),
);

/** A TaskRun's annotations, by the same rule, with the run's trace context as its parent. */
export const createChildResourceAnnotations = traced(
  'createChildResourceAnnotations',
  (run: PipelineRun, task: PipelineTask, override: PipelineTaskRunSpec | undefined): Record<string, string> => {
    const annotations = run.metadata.annotations ?? {};
    const inherited = Object.fromEntries(
      Object.entries(annotations).filter(
        ([name]) => !NOT_COPIED.has(name) && !NOT_COPIED_PREFIXES.some((prefix) => name.startsWith(prefix)),
      ),
    );
    const parent = annotations[PIPELINE_RUN_SPAN_CONTEXT];
    return {
      ...task.taskSpec?.metadata?.annotations,
      ...inherited,
      ...override?.metadata?.annotations,
      ...(task.onError === 'continue' ? { [ON_ERROR_ANNOTATION]: 'continue' } : {}),
      ...(parent === undefined ? {} : { [TASK_RUN_SPAN_CONTEXT]: parent, [UPSTREAM_TASK_RUN_SPAN_CONTEXT]: parent }),
    };
  },
);
