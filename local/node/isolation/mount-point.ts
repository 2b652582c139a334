import path from 'node:path';

import { makeInside } from '../entrypoint/inside.ts';
import { StartFailure } from './isolation.ts';
import type { Mount } from './isolation.ts';

/** Where a path of the container is: below the volume that it lies in, else below the container's `root`. */
export function placeOf(target: string, mounts: Mount[], root: string): { base: string; relative: string } {
  const outer = mounts
    .filter((other) => target.startsWith(`${other.target}/`))
    .sort((a, b) => b.target.length - a.target.length)[0];
  return { base: outer?.source ?? root, relative: outer ? target.slice(outer.target.length) : target };
}

/**
 * Makes what a mount of a container is put on, in the container's `root` or in the volume that its target lies in, and gives its real
 * path; with `parentOnly` just the directory around it. Throws StartFailure when it can't be made, as where a link leads out.
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
