import { Summary } from 'prom-client';
import type { Registry } from 'prom-client';

import { LABEL_PIPELINE_TASK } from '../../shared/tekton/annotations.ts';
import { completionOf, isDone } from '../../shared/tekton/conditions.ts';
import { traceParentOf } from '../../shared/tracing/provenance.ts';
import { limited, OTHER } from './label-limit.ts';
import type { Entry, Run } from './ledger.ts';
import { outcomeOf } from './result.ts';
import { definitionName } from '../../shared/tracing/definition-name.ts';
import { epochMs } from './times.ts';

/** Maximum of tasks with series of their own; the others are counted together. */
const MAX_TASKS = 1000;

/**
 * Registers the duration of the tasks of pipelines, as sum and count: buckets for each task of each pipeline would be too many series. Returns a function to be
 * called for each state of a run, with the state `before` (undefined: the first). `runOf` gives the PipelineRun with a uid. A TaskRun counts when its
 * end is seen; one that ended while no controller led does not.
 */
export function createTaskMetrics(
  registry: Registry,
  { runOf }: { runOf: (uid: string) => Run | undefined },
): (entry: Entry, before: Run | undefined) => void {
  const names = ['k8s_namespace_name', 'cicd_pipeline_name', 'cicd_pipeline_task_name'] as const;
  const duration = new Summary({
    name: 'tektrace_task_run_duration_seconds',
    help: 'Duration of the tasks of pipelines, from the creation of the TaskRun to its end',
    labelNames: [...names, 'cicd_pipeline_task_run_result'] as const,
    percentiles: [],
    registers: [registry],
  });
  const limitedTask = limited(MAX_TASKS);
  const labelsOf = (taskRun: Run, run: Run): Record<(typeof names)[number], string> => {
    const { namespace = '', labels = {} } = taskRun.metadata;
    const found = [namespace, definitionName(run), labels[LABEL_PIPELINE_TASK] ?? ''];
    if (limitedTask(found.join('/')) === OTHER) found.fill(OTHER);
    const [k8s_namespace_name = '', cicd_pipeline_name = '', cicd_pipeline_task_name = ''] = found;
    return { k8s_namespace_name, cicd_pipeline_name, cicd_pipeline_task_name };
  };
  return ({ run }, before) => {
    if (run.kind !== 'TaskRun' || !isDone(run) || !before || isDone(before)) return;
    const parent = traceParentOf(run);
    const owner = parent && runOf(parent.uid);
    const [startMs, endMs] = [epochMs(run.metadata.creationTimestamp), epochMs(completionOf(run))];
    if (!owner || startMs === undefined || endMs === undefined) return;
    const labels = { ...labelsOf(run, owner), cicd_pipeline_task_run_result: outcomeOf(run).result };
    duration.observe(labels, Math.max(0, endMs - startMs) / 1000);
  };
}
