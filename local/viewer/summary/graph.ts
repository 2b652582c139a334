import { attributeOf } from '../row.ts';
import { plainName, type Placed } from './run-rows.ts';

/** For each task of a Pipeline the tasks that it depends on. Tasks in `finally` have no entry. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** The graph in a run's root span (`tektrace.pipeline.graph`); undefined if it has none, as before the root has arrived. */
export function graphOf({ row }: Placed): Graph | undefined {
  let lines: unknown;
  try {
    lines = JSON.parse(attributeOf(row, 'tektrace.pipeline.graph') ?? '');
  } catch {
    return undefined;
  }
  if (!Array.isArray(lines)) return undefined;
  return new Map(
    lines.map((line): [string, string[]] => {
      const [task = '', parents = ''] = String(line).split(': ');
      return [task, parents.split(', ').filter((name) => name !== '')];
    }),
  );
}

const taskNameOf = ({ row }: Placed): string => attributeOf(row, 'cicd.pipeline.task.name') ?? plainName(row);

/**
 * Which of `units` a task waited for: those of its dependencies, and instead of one that was skipped those of that one's. Undefined for a task that is not
 * in the graph.
 */
export function dependenciesOf(unit: Placed, units: readonly Placed[], graph: Graph): Placed[] | undefined {
  const parents = graph.get(taskNameOf(unit));
  if (!parents) return undefined;
  const executed = new Map<string, Placed[]>();
  for (const one of units) executed.set(taskNameOf(one), [...(executed.get(taskNameOf(one)) ?? []), one]);
  const seen = new Set<string>();
  const found: Placed[] = [];
  const open = [...parents];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const own = executed.get(name);
    if (own) found.push(...own);
    else open.push(...(graph.get(name) ?? []));
  }
  return found;
}
