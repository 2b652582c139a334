import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { programPath } from '../requirements.ts';

const run = promisify(execFile);

/** Copies a program to `path` below `root`. */
export async function addProgram(root: string, program: string, path: string): Promise<void> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(await realpath(program), target);
  await chmod(target, 0o755);
}

/** Puts this machine's busybox with a link for each of its programs into /bin, and a world-writable /tmp beside it. */
export async function addBusybox(root: string): Promise<void> {
  const busybox = programPath('busybox');
  if (busybox === undefined) throw new Error('busybox is missing: apt-get install busybox-static');
  await addProgram(root, busybox, 'bin/busybox');
  const { stdout } = await run(busybox, ['--list']);
  for (const name of stdout.split('\n').filter((line) => line !== '' && line !== 'busybox'))
    await symlink('busybox', join(root, 'bin', name));
  await addTemporaryFolder(root);
}

/** Containers that run as any user write there. */
export async function addTemporaryFolder(root: string): Promise<void> {
  await mkdir(join(root, 'tmp'), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
}
