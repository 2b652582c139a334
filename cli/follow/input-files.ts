import { glob, readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { CommandError, reasonOf } from '../errors.ts';
import { STANDARD_INPUT } from '../process/standard-input.ts';

/** Extensions of files in a directory (kubectl's FileExtensions). A file that is named itself may have any name. */
const EXTENSIONS = ['.json', '.yaml', '.yml'];

/** The type of a path; undefined if it does not exist. Throws CommandError if it can't be read. */
async function kindOf(name: string): Promise<'directory' | 'file' | undefined> {
  try {
    return (await stat(name)).isDirectory() ? 'directory' : 'file';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CommandError(`${name}: ${reasonOf(error)}`);
  }
}

async function inDirectory(directory: string, isRecursive: boolean): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    throw new CommandError(`${directory}: ${reasonOf(error)}`);
  });
  const files: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(directory, entry.name);
    if (!entry.isDirectory()) files.push(...(EXTENSIONS.includes(path.extname(entry.name)) ? [file] : []));
    else if (isRecursive) files.push(...(await inDirectory(file, isRecursive)));
  }
  return files;
}

async function expand(name: string, isRecursive: boolean): Promise<string[]> {
  const kind = await kindOf(name);
  if (kind === 'file') return [name];
  if (kind === undefined) {
    const matches: string[] = [];
    if (/[*?[]/.test(name)) for await (const match of glob(name)) matches.push(match);
    if (matches.length === 0) throw new CommandError(`${name}: ${reasonOf({ code: 'ENOENT' })}`);
    return (await Promise.all(matches.sort().map((match) => expand(match, isRecursive)))).flat();
  }
  const files = await inDirectory(name, isRecursive);
  if (files.length > 0) return files;
  throw new CommandError(
    `${name}: contains no file that ends in ${EXTENSIONS.join(', ')}${isRecursive ? '' : ' (-R includes subdirectories)'}`,
  );
}

/** `a.yaml,b.yaml` are two files, unless a file has that name. */
async function split(value: string): Promise<string[]> {
  if (!value.includes(',') || (await kindOf(value)) !== undefined) return [value];
  return value.split(',').filter((name) => name !== '');
}

/**
 * The files of `-f`, as in kubectl: files, directories (their .json, .yaml and .yml files by name; with `isRecursive` also those of
 * subdirectories), patterns, lists with commas, `-` for standard input. Throws CommandError for a URL and for a missing file.
 */
export async function inputFiles(values: readonly string[], isRecursive = false): Promise<string[]> {
  const names = (await Promise.all(values.map(split))).flat();
  const url = names.find((name) => /^[a-z][a-z0-9+.-]*:\/\//i.test(name));
  if (url !== undefined)
    throw new CommandError(`${url}: URLs are not supported: download it first, or pipe it: curl -fsSL ${url} | … -f -`);
  if (names.some((name) => name === '')) throw new CommandError('-f: the name of the file is empty');
  if (names.filter((name) => name === STANDARD_INPUT).length > 1)
    throw new CommandError('-f -: standard input can be read only once');
  const files = names.map(async (name) => (name === STANDARD_INPUT ? [name] : expand(name, isRecursive)));
  return (await Promise.all(files)).flat();
}
