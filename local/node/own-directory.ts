import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { killLeftBehind } from './isolation/family.ts';
import { identityOf, stillRuns } from './isolation/process-table.ts';
import { removeTree } from './remove.ts';

/** The names of this product's directories, and of those that are not complete yet. */
const PREFIX = 'tektrace-';
const UNFINISHED_PREFIX = '.tektrace-';
/** Linux' file system in memory. */
export const SHARED_MEMORY = '/dev/shm';

const OWNER_FILE = 'owner.json';
const MAX_OWNER_BYTES = 4096;

/** The process that owns a directory. A PID is valid only in its PID namespace and until a reboot. */
interface Owner {
  pid: number;
  startTicks: number;
  bootId: string;
  pidNamespace: string;
  hostname: string;
}

async function describeThisProcess(): Promise<Owner> {
  const { pid, startTicks } = identityOf(process.pid) ?? { pid: process.pid, startTicks: 0 };
  const [bootId, pidNamespace] = await Promise.all([
    fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    fs.readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return { pid, startTicks, bootId: bootId.trim(), pidNamespace, hostname: os.hostname() };
}

/**
 * Makes a directory (0700) of this process below `parent`, with a random name. It appears together with its owner file, so that nobody
 * takes it for a leftover. Throws if it can't be created.
 */
export async function makeOwnDirectory(parent: string): Promise<string> {
  const unfinished = await fs.mkdtemp(path.join(parent, UNFINISHED_PREFIX));
  try {
    await fs.writeFile(path.join(unfinished, OWNER_FILE), JSON.stringify(await describeThisProcess()), { mode: 0o600 });
    const directory = path.join(parent, PREFIX + path.basename(unfinished).slice(UNFINISHED_PREFIX.length));
    await fs.rename(unfinished, directory);
    return directory;
  } catch (error) {
    await fs.rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** The owner in a directory's owner file. Undefined unless this product certainly made it for this user. */
async function ownerOf(directory: string): Promise<Owner | undefined> {
  try {
    const stat = await fs.lstat(directory);
    // Only this user may have write access: in a shared /tmp other users create directories with any name.
    if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0) return undefined;
    const file = await fs.open(path.join(directory, OWNER_FILE), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK); // prettier-ignore
    try {
      const { size, uid } = await file.stat();
      if (uid !== stat.uid || size > MAX_OWNER_BYTES) return undefined;
      const owner = JSON.parse(await file.readFile('utf8')) as Partial<Owner>;
      const { pid, startTicks, bootId, pidNamespace, hostname } = owner;
      return typeof pid === 'number' &&
        typeof startTicks === 'number' &&
        typeof bootId === 'string' &&
        typeof pidNamespace === 'string' &&
        typeof hostname === 'string'
        ? { pid, startTicks, bootId, pidNamespace, hostname }
        : undefined;
    } finally {
      await file.close();
    }
  } catch {
    return undefined; // Not ours, or just removed.
  }
}

/**
 * Whether the owner has certainly ended. Unknown for a process of another PID namespace or of another machine that shares the directory.
 */
function hasEnded(owner: Owner, self: Owner): boolean {
  if (owner.bootId !== self.bootId) return owner.hostname === self.hostname;
  return owner.pidNamespace === self.pidNamespace && !stillRuns(owner);
}

/** False if another process removes it. */
async function removeLeftover(directory: string): Promise<boolean> {
  // If several processes find it at the same time, only one can rename it.
  const taken = path.join(path.dirname(directory), `${path.basename(directory)}.removed`);
  try {
    await fs.rename(directory, taken);
  } catch {
    return false;
  }
  await removeTree(taken);
  return true;
}

/**
 * Removes the leftovers of killed products in `parents`: processes of containers and directories. Does not touch those of other users, of
 * running products, or of unknown state. Follows no links. Returns the removed directories; what can't be removed stays until the next
 * time.
 */
export async function removeLeftovers(parents: string[]): Promise<string[]> {
  const self = await describeThisProcess();
  const removed: string[] = [];
  for (const parent of new Set(parents)) {
    const names = await fs.readdir(parent).catch(() => []);
    for (const name of names.filter((one) => one.startsWith(PREFIX) || one.startsWith(UNFINISHED_PREFIX))) {
      const directory = path.join(parent, name);
      const owner = await ownerOf(directory);
      if (!owner || !hasEnded(owner, self)) continue;
      if (owner.bootId === self.bootId) killLeftBehind(name, directory);
      await removeLeftover(directory).then(
        (mine) => mine && removed.push(directory),
        () => undefined,
      );
    }
  }
  return removed;
}
