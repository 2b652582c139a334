import fs from 'node:fs';

import { StartError } from './command.ts';
import { makeInside } from './inside.ts';

/** A step's working directory for the entrypoint as JSON; the step does not get it. */
export const WORKING_DIRECTORY_VARIABLE = 'TEKTRACE_WORKING_DIRECTORY';

/** Where a container's `workingDir` is. */
export interface WorkingDirectory {
  /** As the Pod names it. */
  path: string;
  /** A directory of the machine, used if it exists. Only for containers without their own root. */
  machine?: string;
  /** Else the directory `relative` below `base`, created if missing. */
  base: string;
  relative: string;
}

/** The exit code of a container runtime that can't start the process. */
const START_ERROR = 128;

const REASONS: Record<string, string> = {
  ENOTDIR: 'not a directory',
  EEXIST: 'not a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
};

/**
 * The directory on this machine, created as a container runtime would. Throws StartError with the reason when it can't be used: it is a
 * file, a link leads out of its volume, permission is denied.
 */
export function locateWorkingDirectory({ path, machine, base, relative }: WorkingDirectory): string {
  try {
    const place = machine !== undefined && fs.existsSync(machine) ? machine : makeInside(base, relative, 'directory');
    fs.accessSync(`${place}/.`, fs.constants.X_OK);
    return place;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new StartError(`workingDir ${path}: ${REASONS[code] ?? message}`, START_ERROR);
  }
}
