import type { Attributes } from '@opentelemetry/api';

import { LABEL_PIPELINE_TASK } from '../../shared/tekton/annotations.ts';
import { buildGraph } from '../../shared/tekton/graph.ts';
import { resultReferences } from '../../shared/tekton/result-references.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { PipelineRun, PipelineSpec, PipelineTask } from '../../shared/tekton/types.ts';

/** A longer graph is left out, so that no span is mostly a list of names. */
const MAX_GRAPH_CHARS = 32_768;

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

/** The dependencies of each task, by name: `runAfter`, and the tasks whose results it uses, also in its matrix. */
export function parentsByTask(tasks: readonly PipelineTask[]): Map<string, string[]> {
  const graph = buildGraph(tasks);
  return new Map(
    tasks.map((task) => {
      const ofMatrix = resultReferences(task.matrix ?? {}).map(({ pipelineTask }) => pipelineTask);
      return [task.name, [...new Set([...(graph.get(task.name) ?? []), ...ofMatrix])]];
    }),
  );
}

/**
 * `tektrace.pipeline.graph`: each task with those that it depends on, as `TASK: DEPENDENCY, DEPENDENCY`. Tasks in `finally` are not in it: they depend on
 * the end of all others. None for a run whose Pipeline is not known.
 */
export function graphAttributes(run: PipelineRun): Attributes {
  const { tasks = [] } = specOf(run);
  const graph = [...parentsByTask(tasks)].map(([task, parents]) => `${task}: ${parents.join(', ')}`);
  const chars = graph.reduce((sum, line) => sum + line.length, 0);
  return graph.length > 0 && chars <= MAX_GRAPH_CHARS ? { 'tektrace.pipeline.graph': graph } : {};
}
