import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { anyEnclosure } from './enclosure.ts';
import type { Enclosure } from './enclosure.ts';

/** Folders that Kubernetes, containerd and CNI have fixed names for. In the enclosure they are empty ones of its own. */
export const privateFolders = ['/run', '/var/lib/kubelet', '/var/lib/cni', '/var/log/containers', '/tmp/hostpath_pv'];

/** Marks a folder that was made only to put another one over it. */
const MADE = '.made-for-tektrace-clusters';

/** What the kubelet sets for a whole machine. In the enclosure these are files. */
export const kernelSettings = [
  '/proc/sys/vm/overcommit_memory',
  '/proc/sys/vm/panic_on_oom',
  '/proc/sys/kernel/panic',
  '/proc/sys/kernel/panic_on_oops',
  '/proc/sys/kernel/keys/root_maxkeys',
  '/proc/sys/kernel/keys/root_maxbytes',
];

/** Puts files of its own over what the cluster's programs write outside `directory`, so that this machine's stay as they are. */
export async function hidePrivateFiles(enclosure: Enclosure, directory: string): Promise<void> {
  for (const folder of privateFolders) {
    if (existsSync(folder)) continue;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, MADE), '');
  }
  const copies = join(directory, 'settings');
  await mkdir(copies);
  for (const [index, setting] of kernelSettings.entries()) {
    const copy = join(copies, String(index));
    await writeFile(copy, await readFile(setting));
    await enclosure.run('mount', ['--bind', copy, setting]);
  }
  for (const folder of privateFolders) await enclosure.run('mount', ['-t', 'tmpfs', 'tektrace', folder]);
}

/** Removes the folders that `hidePrivateFiles` made, unless another cluster is up: it would lose what it has put over them. */
export async function removeMadeFolders(): Promise<void> {
  if (await anyEnclosure()) return;
  for (const folder of privateFolders) {
    if (!existsSync(join(folder, MADE))) continue;
    await rm(join(folder, MADE));
    try {
      await rmdir(folder);
    } catch (error) {
      // By now it is somebody else's, too.
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    }
  }
}
