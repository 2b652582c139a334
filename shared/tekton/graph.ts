import { resultsUsedBy } from './result-references.ts';
import type { PipelineTask } from './types.ts';

/** Which tasks (by name) a task comes after; every task has an entry, in the Pipeline's order. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** The order that `runAfter` and references to results ask for. Names of tasks that don't exist stay in the lists. */
export function buildGraph(tasks: readonly PipelineTask[]): Graph {
  return new Map(
    tasks.map((task) => {
      const parents = [...(task.runAfter ?? []), ...resultsUsedBy(task).map(({ pipelineTask }) => pipelineTask)];
      return [task.name, [...new Set(parents)]];
    }),
  );
}

/** The members of one cycle in the order they wait for each other (`a` waits for `b` waits for `a`: `[a, b, a]`); undefined when there is none. */
export function findCycle(graph: Graph): string[] | undefined {
  const finished = new Set<string>();
  const path: string[] = [];

  function visit(name: string): string[] | undefined {
    const start = path.indexOf(name);
    if (start >= 0) return [...path.slice(start), name];
    if (finished.has(name)) return undefined;
    path.push(name);
    for (const parent of graph.get(name) ?? []) {
      const cycle = visit(parent);
      if (cycle) return cycle;
    }
    path.pop();
    finished.add(name);
    return undefined;
  }

  for (const name of graph.keys()) {
    const cycle = visit(name);
    if (cycle) return cycle;
  }
  return undefined;
}

/** The tasks' names, each after all it waits for. The graph must have no cycle. */
export function topologicalOrder(graph: Graph): string[] {
  const order = new Set<string>();
  const visit = (name: string): void => {
    if (order.has(name) || !graph.has(name)) return;
    for (const parent of graph.get(name) ?? []) visit(parent);
    order.add(name);
  };
  for (const name of graph.keys()) visit(name);
  return [...order];
}
