import { isOfAnother } from '../../shared/kubernetes/errors.ts';
import { MERGE_PATCH, PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { LABEL_PIPELINE } from '../../shared/tekton/annotations.ts';
import { labelValue } from '../../shared/tekton/label-value.ts';
import { isRefused } from '../model/refused.ts';
import { RunFailure } from '../model/run-failure.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { PipelineRunContext } from './context.ts';
import { pipelineName } from './resolve.ts';

/** Adds the Pipeline's label to the run: TaskRuns inherit it, and `kubectl get -l` uses it. Throws RunFailure if the API server refuses it. */
export const propagatePipelineNameLabelToPipelineRun = traced(
  'propagatePipelineNameLabelToPipelineRun',
  async ({ client }: Pick<PipelineRunContext, 'client'>, run: PipelineRun): Promise<void> => {
    if (run.metadata.labels?.[LABEL_PIPELINE] !== undefined) return;
    const { namespace, name, uid } = run.metadata;
    const value = labelValue(pipelineName(run));
    const path = resourcePath(PIPELINE_RUNS, { namespace, name });
    const body = { metadata: { uid, labels: { [LABEL_PIPELINE]: value } } };
    try {
      run.metadata = (await client.request<PipelineRun>('PATCH', path, { body, contentType: MERGE_PATCH })).metadata;
    } catch (error) {
      if (!isRefused(error) || isOfAnother(error)) throw error;
      throw new RunFailure(
        'Failed',
        `PipelineRun ${namespace}/${name} can't get the label ${LABEL_PIPELINE}=${value}: ${error.message}`,
      );
    }
  },
);
