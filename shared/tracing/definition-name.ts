import { LABEL_PIPELINE, LABEL_PIPELINE_TASK, LABEL_TASK } from '../tekton/annotations.ts';
import type { PipelineRun, TaskRun } from '../tekton/types.ts';
import { traceParentOf } from './provenance.ts';

/** The name of what a resolver fetched, which upstream writes to a label; undefined while it has written the run's own name, or none. */
function remoteName({ kind, metadata: { labels = {}, name } }: PipelineRun | TaskRun): string | undefined {
  const label = labels[kind === 'PipelineRun' ? LABEL_PIPELINE : LABEL_TASK];
  return label === name || label === '' ? undefined : label;
}

/**
 * The run's low-cardinality name: that of its reference, else, for a child, of its task, else generateName without its dash, else the run's name. A reference
 * to a resolver has no name of its own, but what was fetched has.
 */
export function definitionName(run: PipelineRun | TaskRun): string {
  const spec = run.spec as { pipelineRef?: { name?: string }; taskRef?: { name?: string } };
  const reference = spec.pipelineRef ?? spec.taskRef;
  const { generateName, name = '' } = run.metadata;
  // An embedded Pipeline in a Pipeline has the name of its task there.
  const task = traceParentOf(run) && run.metadata.labels?.[LABEL_PIPELINE_TASK];
  const referred = reference && (reference.name ?? remoteName(run));
  return referred ?? task ?? generateName?.replace(/-$/, '') ?? name;
}
