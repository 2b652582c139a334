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

/** A tool of this machine by its absolute path: by our PATH, then where system tools are. */
export function findTool(name: string): string | undefined {
  return findProgram(name, [process.env.PATH ?? '', ...SYSTEM_DIRECTORIES].join(':'));
}

/** As `findTool`. Throws `NAME is not installed`. */
export function requireTool(name: string): string {
  const tool = findTool(name);
  if (tool === undefined) throw new Error(`${name} is not installed`);
  return tool;
}
