import fs from 'node:fs';

export interface MountPoint {
  path: string;
  options: string[];
}

const unescape = (text: string): string =>
  text.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));

/** This process's mounts, in the order they were made. */
export function readMounts(text = fs.readFileSync('/proc/self/mountinfo', 'utf8')): MountPoint[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '))
    .map((fields) => ({ path: unescape(fields[4] ?? ''), options: (fields[5] ?? '').split(',') }));
}

const below = (path: string, directory: string): boolean =>
  directory === '/' || path === directory || path.startsWith(`${directory}/`);

/** Mounts strictly inside a directory. */
export function mountsInside(mounts: MountPoint[], directory: string): MountPoint[] {
  return mounts.filter(({ path }) => path !== directory && below(path, directory));
}

/** The options of a path's mount that a bind must keep (a user namespace may not drop them). */
export function keptOptions(mounts: MountPoint[], path: string): string[] {
  const holder = mounts
    .filter((mount) => below(path, mount.path))
    .reduce<MountPoint | undefined>(
      (best, mount) => (best && best.path.length > mount.path.length ? best : mount),
      undefined,
    );
  return (holder?.options ?? []).filter((option) => ['nosuid', 'nodev', 'noexec', 'ro'].includes(option));
}
