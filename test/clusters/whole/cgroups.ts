import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup';
const POLL_MS = 50;
const TIMEOUT_MS = 10_000;

/** The cgroup that the Pods of `directory`'s cluster are in. */
export function cgroupName(directory: string): string {
  return `tektrace-${createHash('sha256').update(directory).digest('hex').slice(0, 8)}`;
}

/** One for each hierarchy of version 1, and the only one of version 2. */
async function hierarchies(): Promise<string[]> {
  if (existsSync(join(ROOT, 'cgroup.controllers'))) return [ROOT];
  const names = await readdir(ROOT, { withFileTypes: true });
  return names.filter((entry) => entry.isDirectory()).map(({ name }) => join(ROOT, name));
}

/** Makes the cluster's cgroup, which the kubelet wants to find. */
export async function createCgroup(directory: string): Promise<void> {
  for (const hierarchy of await hierarchies()) await mkdir(join(hierarchy, cgroupName(directory)), { recursive: true });
}

/** The kernel lets go of a cgroup some time after its last process has ended. */
async function removeTree(cgroup: string, deadline: number): Promise<void> {
  const entries = await readdir(cgroup, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(cgroup, entry.name), deadline);
  for (;;) {
    try {
      await rmdir(cgroup);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || Date.now() > deadline) throw error;
      await delay(POLL_MS);
    }
  }
}

/** Removes the cluster's cgroup with all below it; its processes must have ended. */
export async function removeCgroup(directory: string): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (const hierarchy of await hierarchies()) {
    const cgroup = join(hierarchy, cgroupName(directory));
    if (existsSync(cgroup)) await removeTree(cgroup, deadline);
  }
}
