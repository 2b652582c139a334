import fs from 'node:fs';
import path from 'node:path';

/** Formats that a kernel module or an administrator added (binfmt_misc): what they are is for the kernel to say. */
const ADDED_FORMATS = '/proc/sys/fs/binfmt_misc';
const ELF = '\u007fELF';

/** The kernel's limit for one argument or variable (MAX_ARG_STRLEN), and what to do. */
export const TOO_LONG =
  'argument list too long: one argument, variable or all scripts of a task together may have 128 KiB; put large data into a file or workspace';

function hasAddedFormats(): boolean {
  try {
    return fs.readdirSync(ADDED_FORMATS).some((name) => name !== 'register' && name !== 'status');
  } catch {
    return false;
  }
}

function firstBytes(file: string): string | undefined {
  try {
    const descriptor = fs.openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(ELF.length);
      return bytes.toString('latin1', 0, fs.readSync(descriptor, bytes));
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return undefined; // Not readable, or not there: starting it gives the error.
  }
}

function isExecutableFile(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Whether the kernel refuses to execute the program that `name` finds: a file that is neither ELF nor begins with `#!`. Node's spawn gives
 * such a file to /bin/sh, as a shell does; a container runtime and upstream's entrypoint fail with "exec format error".
 */
export function hasNoFormat(name: string, searchPath: string): boolean {
  const files = name.includes('/') ? [name] : searchPath.split(':').map((directory) => path.join(directory, name));
  const file = files.find(isExecutableFile);
  const start = file === undefined ? undefined : firstBytes(file);
  return start !== undefined && start !== ELF && !start.startsWith('#!') && !hasAddedFormats();
}
