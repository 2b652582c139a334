import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';

export interface ProjectedFile {
  data: Buffer;
  mode: number;
}

/** Files of a volume by path relative to it. */
export type ProjectedFiles = Map<string, ProjectedFile>;

/** The path of a file in `directory`. Throws for a name that leads out of it. */
function fileBelow(directory: string, name: string): string {
  const file = path.resolve(directory, name);
  if (!file.startsWith(`${path.resolve(directory)}/`)) throw new Error(`file name "${name}" leads out of its volume`);
  return file;
}

/**
 * Replaces all files of a volume atomically, as the kubelet does: writes them into a new directory, then renames the link `..data`, which
 * all names lead through, to it. A group (the Pod's fsGroup) may read all of them. Throws, before anything is written, for a name that
 * leads out.
 */
export async function writeAtomically(directory: string, files: ProjectedFiles, group?: number): Promise<void> {
  const fresh = `..${randomBytes(8).toString('hex')}`;
  const placed = [...files].map(([name, file]) => ({ ...file, file: fileBelow(path.join(directory, fresh), name) }));
  await fs.mkdir(directory, { recursive: true });
  const before = await fs.readlink(path.join(directory, '..data')).catch(() => undefined);
  for (const { file, data, mode } of placed) {
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, data);
    await fs.chmod(file, group === undefined ? mode : mode | 0o440);
    if (group !== undefined) await fs.chown(file, -1, group);
  }
  await fs.mkdir(path.join(directory, fresh), { recursive: true });
  await fs.symlink(fresh, path.join(directory, '..data_tmp'));
  await fs.rename(path.join(directory, '..data_tmp'), path.join(directory, '..data'));
  await linkNames(directory, new Set([...files.keys()].map((name) => name.split('/')[0] ?? name)));
  if (before !== undefined) await fs.rm(path.join(directory, before), { recursive: true, force: true });
}

async function linkNames(directory: string, wanted: Set<string>): Promise<void> {
  const present = new Set((await fs.readdir(directory)).filter((name) => !name.startsWith('..')));
  for (const name of wanted)
    if (!present.has(name)) await fs.symlink(path.join('..data', name), path.join(directory, name));
  for (const name of present) if (!wanted.has(name)) await fs.rm(path.join(directory, name), { recursive: true });
}
