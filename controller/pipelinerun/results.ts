import { succeededCondition } from '../../shared/tekton/conditions.ts';
import { resultReferences, resultsUsedBy } from '../../shared/tekton/result-references.ts';
import {
  isKnown,
  mergeReplacements,
  newRoom,
  paramReplacements,
  stringReplacements,
  substituteValue,
} from '../../shared/tekton/substitution.ts';
import type { Replacements } from '../../shared/tekton/substitution.ts';
import type { PipelineResultSpec, PipelineRunStatus } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { hasEnded } from '../model/pipeline-run-facts.ts';
import type { PipelineRunFacts, TaskState } from '../model/pipeline-run-facts.ts';

/** Caches the results of one reconcile, because many tasks use them. */
const known = new WeakMap<PipelineRunFacts, Replacements>();

/** The values of references to results of finished tasks. */
export const resultReplacements = traced('resultReplacements', (facts: PipelineRunFacts): Replacements => {
  const seen = known.get(facts);
  if (seen) return seen;
  const replacements = mergeReplacements(
    ...facts.tasks
      .filter(({ taskRun, outcome }) => taskRun && outcome !== 'running')
      .map(({ task, taskRun, final }) =>
        paramReplacements(taskRun?.status?.results ?? [], `${final ? 'finally' : 'tasks'}.${task.name}.results`),
      ),
  );
  known.set(facts, replacements);
  return replacements;
});

/** Upstream's message for a missing result that the task needs; undefined if there are all. */
export const missingResult = traced(
  'missingResult',
  ({ task }: TaskState, facts: PipelineRunFacts): string | undefined => {
    const replacements = resultReplacements(facts);
    for (const { reference, pipelineTask, result } of resultsUsedBy(task)) {
      const { taskRun } = facts.byName.get(pipelineTask) ?? {};
      if (!taskRun) return `task "${pipelineTask}" referenced by result was not finished`;
      if (isKnown(reference, replacements)) continue;
      const value = taskRun.status?.results?.find(({ name }) => name === result)?.value;
      const index = /\[(\d+)\]$/.exec(reference)?.[1];
      if (Array.isArray(value) && index !== undefined) {
        return `array Result Index ${index} for Task ${pipelineTask} Result ${result} is out of bound of size ${value.length}`;
      }
      const named = value === undefined ? result : `${result}, which is there but not as $(${reference}),`;
      return `Invalid task result reference: Could not find result with name ${named} for pipeline task ${pipelineTask}`;
    }
    return undefined;
  },
);

/** The values of `$(tasks.<name>.status)`, `$(tasks.<name>.reason)` and `$(tasks.status)`, for `finally`. */
export const statusReplacements = traced('statusReplacements', ({ tasks }: PipelineRunFacts): Replacements => {
  const strings: Record<string, string> = {};
  const graph = tasks.filter(({ final }) => !final);
  for (const { task, outcome, taskRun } of graph) {
    const failed = taskRun && succeededCondition(taskRun)?.status === 'False';
    strings[`tasks.${task.name}.status`] = outcome === 'succeeded' ? 'Succeeded' : failed ? 'Failed' : 'None';
    strings[`tasks.${task.name}.reason`] = (taskRun && succeededCondition(taskRun)?.reason) ?? '';
  }
  strings['tasks.status'] = aggregateStatus(graph);
  return stringReplacements(strings);
});

const aggregateStatus = traced('aggregateStatus', (tasks: readonly TaskState[]): string => {
  if (!tasks.every((state) => hasEnded(state))) return 'None';
  if (tasks.some(({ taskRun }) => taskRun && succeededCondition(taskRun)?.status === 'False')) return 'Failed';
  return tasks.some(({ outcome }) => outcome === 'skipped') ? 'Completed' : 'Succeeded';
});

/** A run's results, and the names of invalid ones, which a successful task did not produce. */
export interface PipelineResults {
  results: NonNullable<PipelineRunStatus['results']>;
  invalid: string[];
}

/** The Pipeline's results. A result of an unsuccessful task is left out; a result that a successful task did not produce is invalid. */
export const applyTaskResultsToPipelineResults = traced(
  'applyTaskResultsToPipelineResults',
  (specs: readonly PipelineResultSpec[], facts: PipelineRunFacts): PipelineResults => {
    const replacements = resultReplacements(facts);
    const room = newRoom();
    const answer: PipelineResults = { results: [], invalid: [] };
    for (const { name, value } of specs) {
      const missing = resultReferences([value]).filter(({ reference }) => !isKnown(reference, replacements));
      if (missing.length === 0) answer.results.push({ name, value: substituteValue(value, replacements, room) });
      else if (missing.some(({ pipelineTask }) => facts.byName.get(pipelineTask)?.outcome === 'succeeded'))
        answer.invalid.push(name);
    }
    return answer;
  },
);
