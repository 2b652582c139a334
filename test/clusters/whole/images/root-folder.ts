import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, realpath, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
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

/** Copies the shared libraries that a program loads to where it looks for them. */
export async function addLibraries(root: string, program: string): Promise<void> {
  const { stdout } = await run('ldd', [program]);
  for (const library of new Set(stdout.match(/\/[^\s)]+/g) ?? [])) {
    const target = join(root, library);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(await realpath(library), target);
    await chmod(target, 0o755);
  }
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

/** Copies files or folders of `from` to the same place below `root`. */
export async function addFiles(root: string, from: string, path: string): Promise<void> {
  await mkdir(join(root, dirname(path)), { recursive: true });
  await cp(join(from, path), join(root, dirname(path), basename(path)), { recursive: true, verbatimSymlinks: true });
}
