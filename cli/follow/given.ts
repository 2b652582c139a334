import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { declaredNames } from './declared.ts';
import { CommandError } from '../errors.ts';
import { didYouMean } from '../options/suggest.ts';
import type { Run } from './follow-run.ts';
import type { GivenParam } from './params.ts';
import type { GivenWorkspace } from './workspaces.ts';

/** Params and workspaces from the command line. */
export interface Given {
  params: readonly GivenParam[];
  workspaces: readonly GivenWorkspace[];
}

const namesIn = (given: readonly { name: string }[]): string[] => given.map(({ name }) => name);

/**
 * Throws CommandError for a `--param` or `--workspace` that no run declares, if all declarations are known: a typo must not run with a
 * default. Runs and `objects` are regular (see isRegular).
 */
export function checkGiven(runs: readonly Run[], objects: readonly KubeObject[], { params, workspaces }: Given): void {
  const declared = runs.map((run) => declaredNames(run, objects));
  for (const [option, names, key] of [
    ['--param', namesIn(params), 'params'],
    ['--workspace', namesIn(workspaces), 'workspaces'],
  ] as const) {
    const known = new Set<string>();
    for (const one of declared) {
      if (!one) return;
      for (const name of one[key]) known.add(name);
    }
    const unknown = names.find((name) => !known.has(name));
    if (unknown === undefined) continue;
    const who = runs.length === 1 ? 'the run declares' : 'the runs declare';
    const hint = didYouMean(unknown, [...known]);
    throw new CommandError(`${option} ${unknown}: ${who} ${known.size > 0 ? [...known].join(', ') : 'none'}${hint}`);
  }
}

/** The params and workspaces that the run declares; all of them if its declarations are unknown. */
export function takenBy(run: Run, objects: readonly KubeObject[], { params, workspaces }: Given): Given {
  const declared = declaredNames(run, objects);
  if (!declared) return { params, workspaces };
  return {
    params: params.filter(({ name }) => declared.params.includes(name)),
    workspaces: workspaces.filter(({ name }) => declared.workspaces.includes(name)),
  };
}
