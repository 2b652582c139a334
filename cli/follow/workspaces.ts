import { stat } from 'node:fs/promises';

import type { PipelineRun, TaskRun, WorkspaceBinding } from '../../shared/tekton/types.ts';
import { CommandError, reasonOf } from '../errors.ts';

/** A workspace of the command line: bound to a directory of this machine, or with one of tkn's forms. */
export type GivenWorkspace = { name: string; directory: string } | WorkspaceBinding;

const MEDIA = ['', 'Memory', 'HugePages'];
const SOURCES = ['claimName', 'emptyDir', 'config', 'secret'];
const FILE_SOURCES = ['volumeClaimTemplateFile', 'csiFile'];

function items(fields: [string, string][], option: string): { items?: { key: string; path: string }[] } {
  const found = fields.filter(([key]) => key === 'item').map(([, value]) => /^([^=]+)=(.+)$/.exec(value));
  if (found.some((match) => match === null)) throw new CommandError(`${option}: expected item=KEY=PATH`);
  const pairs = found.filter((match) => match !== null).map(([, key = '', path = '']) => ({ key, path }));
  return pairs.length > 0 ? { items: pairs } : {};
}

function source(
  [kind, value]: [string, string],
  fields: [string, string][],
  option: string,
): Partial<WorkspaceBinding> {
  if (kind === 'emptyDir') {
    if (!MEDIA.includes(value))
      throw new CommandError(`${option}: emptyDir is one of ${MEDIA.slice(1).join(', ')} or empty`);
    return { emptyDir: value === '' ? {} : { medium: value } };
  }
  if (value === '') throw new CommandError(`${option}: ${kind} has no name`);
  if (kind === 'claimName') return { persistentVolumeClaim: { claimName: value } };
  if (kind === 'config') return { configMap: { name: value, ...items(fields, option) } };
  return { secret: { secretName: value, ...items(fields, option) } };
}

/** `name=cache,claimName=pvc,subPath=x` (tkn, pkg/workspaces). */
function binding(text: string): WorkspaceBinding {
  const option = `--workspace ${text}`;
  const fields = text.split(',').map((part): [string, string] => {
    const at = part.indexOf('=');
    if (at < 1) throw new CommandError(`${option}: expected KEY=VALUE, found ${JSON.stringify(part)}`);
    return [part.slice(0, at), part.slice(at + 1)];
  });
  const unknown = fields.find(([key]) => !['name', 'subPath', 'item', ...SOURCES].includes(key))?.[0];
  if (unknown !== undefined) {
    const isFile = FILE_SOURCES.includes(unknown);
    const why = isFile ? 'write that into the run’s workspaces' : `expected one of ${SOURCES.join(', ')}`;
    throw new CommandError(`${option}: ${unknown} is not supported: ${why}`);
  }
  const sources = fields.filter(([key]) => SOURCES.includes(key));
  const [only] = sources;
  if (!only || sources.length > 1) throw new CommandError(`${option}: expected exactly one of ${SOURCES.join(', ')}`);
  const name = fields.find(([key]) => key === 'name')?.[1] ?? '';
  if (name === '') throw new CommandError(`${option}: name is empty`);
  const subPath = fields.find(([key]) => key === 'subPath')?.[1];
  return { name, ...(subPath !== undefined && { subPath }), ...source(only, fields, option) };
}

function parseWorkspace(text: string): GivenWorkspace {
  if (/^name=[^,]*,[A-Za-z]+=/.test(text)) return binding(text);
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1)
    throw new CommandError(
      `--workspace ${JSON.stringify(text)}: expected NAME=DIR, or as tkn: name=NAME,claimName=PVC (or emptyDir=, config=, secret=)`,
    );
  return { name: text.slice(0, at), directory: text.slice(at + 1) };
}

/** The `--workspace` options. Throws CommandError for an invalid option, a duplicate name, and a path that is not a directory. */
export async function parseWorkspaces(options: readonly string[]): Promise<GivenWorkspace[]> {
  const given = options.map(parseWorkspace);
  const twice = given.find(({ name }, index) => given.findIndex((other) => other.name === name) !== index);
  if (twice) throw new CommandError(`--workspace ${twice.name}: is given twice`);
  for (const workspace of given) if ('directory' in workspace) await checkDirectory(workspace);
  return given;
}

async function checkDirectory({ name, directory }: { name: string; directory: string }): Promise<void> {
  const option = `--workspace ${name}=${directory}`;
  const found = await stat(directory).catch((error: unknown) => {
    throw new CommandError(`${option}: ${reasonOf(error)}`);
  });
  if (!found.isDirectory()) throw new CommandError(`${option}: this is a file, not a directory`);
}

/** The run with these bindings. They replace bindings of the same name in the file. */
export function withWorkspaces<T extends PipelineRun | TaskRun>(run: T, bindings: readonly WorkspaceBinding[]): T {
  const kept = (run.spec.workspaces ?? []).filter(({ name }) => !bindings.some((given) => given.name === name));
  return bindings.length === 0 ? run : { ...run, spec: { ...run.spec, workspaces: [...kept, ...bindings] } };
}
