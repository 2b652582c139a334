import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { CommandError } from '../errors.ts';
import { didYouMean } from '../options/suggest.ts';
import { describe } from './describe.ts';
import { readManifests } from './manifests.ts';
import type { Manifest } from './manifests.ts';
import { isRun } from './order.ts';
import { runFor } from './run-for.ts';

/** The identity of a named object: equal for two objects that would overwrite each other. Undefined without a name. */
function identity({ apiVersion = '', kind, metadata }: KubeObject): string | undefined {
  const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '';
  return metadata.name === undefined ? undefined : [group, kind, metadata.namespace ?? '', metadata.name].join('\n');
}

function checkTwice(manifests: readonly Manifest[]): void {
  const seen = new Map<string, string>();
  for (const { object, where } of manifests) {
    const id = identity(object);
    const before = id === undefined ? undefined : seen.get(id);
    if (before !== undefined)
      throw new CommandError(`${describe(object, where)} is duplicated: first in ${before}. Leave one of them out`);
    if (id !== undefined) seen.set(id, where);
  }
}

const RUN_KINDS = ['PipelineRun', 'TaskRun'];

/** The message for input without a run. It proposes a run of the Pipeline, else of the Task, in the input. */
function nothingToRun(manifests: readonly Manifest[]): string {
  const objects = manifests.map(({ object }) => object);
  const definition =
    objects.find(({ kind }) => kind === 'Pipeline') ?? objects.find(({ kind }) => kind === 'Task') ?? undefined;
  const kinds = [...new Set(objects.map(({ kind }) => kind))].join(', ');
  if (!definition) {
    const meant = objects.map(({ kind = '' }) => didYouMean(kind, RUN_KINDS)).find((hint) => hint !== '') ?? '';
    return `the input has no PipelineRun or TaskRun, only ${kinds}${meant}: add the run with another -f`;
  }
  const { kind, metadata } = definition;
  return `the input has no PipelineRun or TaskRun, only ${kinds}. To run ${kind} ${metadata.name}, give a file like this with another -f:\n\n${runFor(definition)}`;
}

/** As readManifests. Throws CommandError if there is no run, and for a duplicate object. */
export async function readRunnable(values: readonly string[], isRecursive = false): Promise<Manifest[]> {
  const manifests = await readManifests(values, isRecursive);
  checkTwice(manifests);
  if (!manifests.some(({ object }) => isRun(object))) throw new CommandError(nothingToRun(manifests));
  return manifests;
}
