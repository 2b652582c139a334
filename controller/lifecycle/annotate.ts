import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { patchAnnotations } from '../../shared/kubernetes/patch.ts';
import type { AnnotationChanges } from '../../shared/kubernetes/patch.ts';
import { PIPELINE_RUNS, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import { isOwnAnnotation } from '../../shared/tekton/annotations.ts';
import type { Run } from './ledger.ts';

/**
 * Writes annotations of a run, with `unchanged` only if the run is as it was read. Does nothing if the run was deleted. Throws as `client` does.
 */
export async function annotate(
  client: KubeClient,
  run: Run,
  changes: AnnotationChanges,
  { unchanged = false } = {},
): Promise<void> {
  const resource = run.kind === 'PipelineRun' ? PIPELINE_RUNS : TASK_RUNS;
  await patchAnnotations<Run>(client, resource, run, changes, { isOurs: isOwnAnnotation, unchanged });
}
