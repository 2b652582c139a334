import path from 'node:path';

import { makeInside } from '../entrypoint/inside.ts';
import { StartFailure } from './isolation.ts';
import type { Mount } from './isolation.ts';

/** The location of a container path: in its volume, else in the container's `root`. */
export function placeOf(target: string, mounts: Mount[], root: string): { base: string; relative: string } {
  const outer = mounts
    .filter((other) => target.startsWith(`${other.target}/`))
    .sort((a, b) => b.target.length - a.target.length)[0];
  return { base: outer?.source ?? root, relative: outer ? target.slice(outer.target.length) : target };
}

/**
 * Creates the mount point of a container's mount, in its `root` or in the volume of the target, and returns its real path; with
 * `parentOnly` only its directory. Throws StartFailure if it can't be created, for example because a link leads out.
 */
export function makeMountPoint(mount: Mount, mounts: Mount[], root: string, parentOnly = false): string {
  const { target } = mount;
  const { base, relative } = placeOf(target, mounts, root);
  try {
    if (!parentOnly) return makeInside(base, relative, mount.kind);
    return path.join(makeInside(base, path.posix.dirname(relative), 'directory'), path.posix.basename(relative));
  } catch (error) {
    throw new StartFailure(`cannot make the mount point ${target}: ${(error as Error).message}`, { cause: error });
  }
}
