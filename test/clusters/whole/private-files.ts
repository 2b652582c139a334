import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Enclosure } from './enclosure.ts';

/** Folders that Kubernetes, containerd and CNI have fixed names for. In the enclosure they are empty ones of its own. */
const folders = ['/run', '/var/lib/kubelet', '/var/lib/cni', '/var/log/containers', '/tmp/hostpath_pv'];

/** What the kubelet sets for a whole machine. In the enclosure these are files. */
const settings = [
  '/proc/sys/vm/overcommit_memory',
  '/proc/sys/vm/panic_on_oom',
  '/proc/sys/kernel/panic',
  '/proc/sys/kernel/panic_on_oops',
  '/proc/sys/kernel/keys/root_maxkeys',
  '/proc/sys/kernel/keys/root_maxbytes',
];

const recordOf = (directory: string): string => join(directory, 'made-folders.json');

/** Puts files of its own over what the cluster's programs write outside `directory`, so that this machine's stay as they are. */
export async function hidePrivateFiles(enclosure: Enclosure, directory: string): Promise<void> {
  const made = folders.filter((folder) => !existsSync(folder));
  await writeFile(recordOf(directory), JSON.stringify(made));
  for (const folder of made) await mkdir(folder, { recursive: true });
  const copies = join(directory, 'settings');
  await mkdir(copies);
  for (const [index, setting] of settings.entries()) {
    const copy = join(copies, String(index));
    await writeFile(copy, await readFile(setting));
    await enclosure.run('mount', ['--bind', copy, setting]);
  }
  for (const folder of folders) await enclosure.run('mount', ['-t', 'tmpfs', 'tektrace', folder]);
}

/** Removes the folders that had to be there to put others over them. */
export async function removeMadeFolders(directory: string): Promise<void> {
  if (!existsSync(recordOf(directory))) return;
  const made = JSON.parse(await readFile(recordOf(directory), 'utf8')) as string[];
  for (const folder of made) {
    try {
      await rmdir(folder);
    } catch (error) {
      // Another cluster's, or by now somebody else's.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'ENOENT' && code !== 'EBUSY') throw error;
    }
  }
}
