import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readdir } from 'node:fs/promises';

import { addFiles, addLibraries, addProgram, addTemporaryFolder } from './root-folder.ts';
import type { ImageConfig } from './archive.ts';

const project = resolve(import.meta.dirname, '../../../..');

interface LockFile {
  packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>;
}

/** What `npm ci --omit=dev --omit=optional` leaves: the folders below node_modules that the lock file wants at run time. */
async function productionPackages(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')) as LockFile;
  return Object.entries(packages)
    .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
    .map(([path]) => path);
}

/** Copies what `COPY . .` would: .dockerignore leaves everything out, then names what stays, line by line. */
async function addSources(root: string): Promise<void> {
  const patterns = (await readFile(join(project, '.dockerignore'), 'utf8')).split('\n').map((line) => line.trim());
  for (const pattern of patterns) {
    if (pattern === '' || pattern === '*' || pattern.startsWith('#')) continue;
    if (pattern.startsWith('!')) await addFiles(root, project, pattern.slice(1));
    else if (pattern.endsWith('/*')) {
      const folder = join(root, pattern.slice(0, -2));
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
    } else throw new Error(`.dockerignore: this builder of images does not know the pattern ${pattern}`);
  }
}

/** The last value of an instruction of the Dockerfile. */
function instruction(dockerfile: string, name: string): string {
  const found = [...dockerfile.matchAll(new RegExp(`^${name} (.+)$`, 'gm'))].at(-1)?.[1];
  if (found === undefined) throw new Error(`the Dockerfile has no ${name}`);
  return found;
}

/** Puts into `root` what the Dockerfile puts into the project's image, with the Node that the install brings, and gives its configuration. */
export async function fillProjectRoot(root: string): Promise<ImageConfig> {
  const dockerfile = await readFile(join(project, 'Dockerfile'), 'utf8');
  const workingDirectory = instruction(dockerfile, 'WORKDIR');
  const app = join(root, workingDirectory);
  await addProgram(root, process.execPath, 'usr/local/bin/node');
  await addLibraries(root, process.execPath);
  await addTemporaryFolder(root);
  await addSources(app);
  for (const path of await productionPackages()) await addFiles(app, project, path);
  return {
    Entrypoint: JSON.parse(instruction(dockerfile, 'ENTRYPOINT')) as string[],
    Cmd: JSON.parse(instruction(dockerfile, 'CMD')) as string[],
    Env: [instruction(dockerfile, 'ENV')],
    User: instruction(dockerfile, 'USER'),
    WorkingDir: workingDirectory,
  };
}
