import { resultsUsedBy } from './result-references.ts';
import type { PipelineTask } from './types.ts';

/** For each task (by name) the tasks it depends on, in the Pipeline's order. Every task has an entry. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** The dependencies from `runAfter` and references to results. Names of unknown tasks stay in the lists. */
export function buildGraph(tasks: readonly PipelineTask[]): Graph {
  return new Map(
    tasks.map((task) => {
      const parents = [...(task.runAfter ?? []), ...resultsUsedBy(task).map(({ pipelineTask }) => pipelineTask)];
      return [task.name, [...new Set(parents)]];
    }),
  );
}

/** Names with all their parents before them, up to the first cycle. Not recursive, because a chain may be as long as an object is large. */
function walk(graph: Graph): { order: string[]; cycle?: string[] } {
  const finished = new Set<string>();
  const path: { name: string; parents: Iterator<string> }[] = [];
  const onPath = new Map<string, number>();
  const enter = (name: string): void => {
    onPath.set(name, path.length);
    path.push({ name, parents: (graph.get(name) ?? [])[Symbol.iterator]() });
  };
  for (const root of graph.keys()) {
    if (!finished.has(root)) enter(root);
    for (let last = path.at(-1); last; last = path.at(-1)) {
      const next = last.parents.next();
      if (next.done) {
        finished.add(last.name);
        onPath.delete(last.name);
        path.pop();
        continue;
      }
      const start = onPath.get(next.value);
      if (start !== undefined)
        return { order: [...finished], cycle: [...path.slice(start).map(({ name }) => name), next.value] };
      if (!finished.has(next.value)) enter(next.value);
    }
  }
  return { order: [...finished] };
}

/** The members of one cycle, each depending on the next (`[a, b, a]`: `a` waits for `b`, `b` for `a`); undefined without a cycle. */
export function findCycle(graph: Graph): string[] | undefined {
  return walk(graph).cycle;
}

/** The tasks' names, each after its dependencies. The graph must have no cycle. */
export function topologicalOrder(graph: Graph): string[] {
  return walk(graph).order.filter((name) => graph.has(name));
}
