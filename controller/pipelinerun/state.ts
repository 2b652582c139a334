import { buildGraph, topologicalOrder } from '../../shared/tekton/graph.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { outcomeOf, parentsEnded } from '../model/pipeline-run-facts.ts';
import type { PipelineRunFacts, TaskState } from '../model/pipeline-run-facts.ts';
import { missingResult } from './results.ts';
import { skipReason } from './skip.ts';
import type { TimedOut } from '../model/pipeline-run-timeouts.ts';

/**
 * Decides the outcome of each task: from its TaskRun; without one it is waiting, skipped or invalid. After a failed (or invalid) task, tasks that
 * have not started are skipped.
 */
export const buildFacts = traced(
  'buildFacts',
  (
    tasks: readonly Omit<TaskState, 'outcome'>[],
    options: { specStatus?: string; timedOut: TimedOut },
  ): PipelineRunFacts => {
    const states = tasks.map((state): TaskState => ({ ...state, outcome: outcomeOf(state) }));
    const graph = buildGraph(states.filter(({ final }) => !final).map(({ task }) => task));
    const byName = new Map(states.map((state) => [state.task.name, state]));
    const facts: PipelineRunFacts = {
      tasks: states,
      byName,
      graph,
      specStatus: options.specStatus,
      timedOut: options.timedOut,
    };
    decideWaitingTasks(facts);
    if (states.some(({ outcome }) => outcome === 'invalid')) decideWaitingTasks(facts);
    return facts;
  },
);

/** Skips tasks that will not get a TaskRun, in the graph's order, then those in `finally`. */
const decideWaitingTasks = traced('decideWaitingTasks', (facts: PipelineRunFacts): void => {
  const finals = facts.tasks.filter(({ final }) => final).map(({ task }) => task.name);
  for (const name of [...topologicalOrder(facts.graph), ...finals]) {
    const state = facts.byName.get(name);
    if (state?.outcome !== 'waiting') continue;
    const reason = skipReason(state, facts);
    if (reason !== undefined) Object.assign(state, { outcome: 'skipped', skippedBecause: reason });
    else if (!state.final && parentsEnded(state, facts)) {
      const missing = missingResult(state, facts);
      if (missing !== undefined) Object.assign(state, { outcome: 'invalid', invalidBecause: missing });
    }
  }
});
