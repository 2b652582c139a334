import { chmod, copyFile, cp, lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { LockedPackage } from './lock-file.ts';
import type { NodeProgram } from './node.ts';
import type { Bom } from './sbom.ts';

/** What of the project runs. Of the chart, the embedded API server serves the resource definitions. */
const APPLICATION = [
  ...['package.json', 'LICENSE', 'helm/tektrace/files/crds'],
  ...['certs', 'cli', 'controller', 'local', 'shared', 'webhook'],
];

/** What Node never loads from a package: types, sources in TypeScript, source maps. */
const NEVER_LOADED = /\.(?:[cm]?ts|map)$/;

const ACCOUNTS: Record<string, string> = {
  'etc/passwd': 'root:x:0:0:root:/:/sbin/nologin\ntektrace:x:65532:65532:tektrace:/:/sbin/nologin\n',
  'etc/group': 'root:x:0:\ntektrace:x:65532:\n',
  'etc/nsswitch.conf': 'hosts: files dns\n',
};

export interface Contents {
  project: string;
  node: NodeProgram;
  packages: LockedPackage[];
  bom: Bom;
}

/** One folder whose files become a layer. */
export interface LayerFolder {
  /** What is in it, for the image's history. */
  title: string;
  folder: string;
}

async function put(file: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await copyFile(file, target);
}

/** Permissions depend on the umask of whoever cloned the project; here a file is readable by all, writable by its owner, and a program if it was one. */
async function normalise(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const stats = await lstat(path);
    if (stats.isDirectory()) await normalise(path);
    else if (!stats.isSymbolicLink()) await chmod(path, (stats.mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}

async function fillNode(root: string, { node }: Contents): Promise<void> {
  await put(node.program, join(root, 'usr/local/bin/node'));
  await put(node.licence, join(root, 'usr/local/share/doc/node/LICENSE'));
  for (const { path, file } of node.libraries) await put(file, join(root, path));
  await mkdir(join(root, 'etc'), { recursive: true });
  for (const [path, text] of Object.entries(ACCOUNTS)) await writeFile(join(root, path), text);
}

async function fillPackages(root: string, { project, packages }: Contents): Promise<void> {
  for (const { path } of packages) {
    const target = join(root, 'app', path);
    // Packages inside a package have lines of their own.
    const nested = join(project, path, 'node_modules');
    await cp(join(project, path), target, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => source !== nested && !NEVER_LOADED.test(source),
    });
  }
}

async function fillApplication(root: string, { project, bom }: Contents): Promise<void> {
  for (const path of APPLICATION) {
    const target = join(root, 'app', path);
    await mkdir(dirname(target), { recursive: true });
    await cp(join(project, path), target, { recursive: true, verbatimSymlinks: true });
  }
  await writeFile(join(root, 'app/sbom.cdx.json'), `${JSON.stringify(bom, null, 2)}\n`);
}

/** Copies the image's files below `directory`, one folder a layer, what changes least first. With `together` all are in one folder. */
export async function fillLayers(contents: Contents, directory: string, together = false): Promise<LayerFolder[]> {
  const fills = [
    [`Node ${contents.node.version} and its libraries`, fillNode],
    ['packages from npm', fillPackages],
    ['Tektrace', fillApplication],
  ] as const;
  const layers = fills.map(([title], index) => ({
    title,
    folder: together ? directory : join(directory, String(index)),
  }));
  for (const [index, [, fill]] of fills.entries()) {
    const { folder } = layers[index] as LayerFolder;
    await mkdir(folder, { recursive: true });
    await fill(folder, contents);
    await normalise(folder);
  }
  const temporary = join((layers[0] as LayerFolder).folder, 'tmp');
  await mkdir(temporary, { recursive: true });
  await chmod(temporary, 0o1777);
  return layers;
}
