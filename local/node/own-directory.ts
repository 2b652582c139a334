import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { killLeftBehind } from './isolation/family.ts';
import { identityOf, stillRuns } from './isolation/process-table.ts';
import { removeTree } from './remove.ts';

/** All directories that this product makes for itself have such a name; what is not complete yet has the other. */
const PREFIX = 'tektrace-';
const UNFINISHED_PREFIX = '.tektrace-';
/** Where Linux has a file system in memory. */
export const SHARED_MEMORY = '/dev/shm';

const OWNER_FILE = 'owner.json';
const MAX_OWNER_BYTES = 4096;

/** The process that a directory belongs to. A process number says nothing outside its PID namespace, nor after a restart of the machine. */
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
 * Makes a directory (0700) of this process below `parent`, with a random name. It appears together with its owner's description, so that
 * nobody takes it for one that was left behind. Throws when it can't be made.
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

/** The owner that a directory names. Undefined when it is not certainly one that this product made for this user. */
async function ownerOf(directory: string): Promise<Owner | undefined> {
  try {
    const stat = await fs.lstat(directory);
    // Nobody else may have written into it: in a shared /tmp other users make directories with any name.
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
    return undefined; // Not ours, or removed meanwhile.
  }
}

/** Whether the owner has certainly ended. A process of another PID namespace, or of another machine that shares the directory, can't be asked for. */
function hasEnded(owner: Owner, self: Owner): boolean {
  if (owner.bootId !== self.bootId) return owner.hostname === self.hostname;
  return owner.pidNamespace === self.pidNamespace && !stillRuns(owner);
}

/** False when somebody else removes it. */
async function removeLeftover(directory: string): Promise<boolean> {
  // Of several starts that find it at the same time, one gets to rename it.
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
 * Removes what products that ended without the chance to do so (killed, or the machine restarted) left in `parents`: their processes of
 * containers and their directories. Leaves whatever belongs to another user, to a product that runs, or to one of which that can't be
 * known. Follows no link. Gives the directories that it removed; what can't be removed is left for the next time.
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
