import fs from 'node:fs';
import path from 'node:path';

const SYSTEM_DIRECTORIES = ['/usr/sbin', '/sbin'];

function executable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The file that `name` runs by a PATH, or undefined. */
export function findProgram(name: string, searchPath: string, cwd = '/'): string | undefined {
  if (name.includes('/')) {
    const file = path.resolve(cwd, name);
    return executable(file) ? file : undefined;
  }
  return searchPath
    .split(':')
    .map((directory) => path.join(directory, name))
    .find(executable);
}

/** The absolute path of a tool: from our PATH, then from the system directories. */
export function findTool(name: string): string | undefined {
  return findProgram(name, [process.env.PATH ?? '', ...SYSTEM_DIRECTORIES].join(':'));
}

/** The Debian packages of the tools that the node needs; most have the same name in other distributions. */
const PACKAGES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['base64', 'cat', 'env', 'mkdir', 'mkfifo', 'true'].map((name) => [name, 'coreutils'])),
  ...Object.fromEntries(
    ['nsenter', 'pivot_root', 'prlimit', 'setpriv', 'setsid', 'unshare'].map((name) => [name, 'util-linux']),
  ),
  mount: 'mount',
  umount: 'mount',
  sh: 'dash',
};

/** As `findTool`. Throws an error with the missing tool and its package. */
export function requireTool(name: string): string {
  const tool = findTool(name);
  if (tool === undefined) {
    const source = Object.hasOwn(PACKAGES, name) ? ` (Debian package ${PACKAGES[name]})` : '';
    throw new Error(`${name} is not installed, or not in PATH: install it${source}`);
  }
  return tool;
}
