import fs from 'node:fs';
import path from 'node:path';

const isBelow = (file: string, root: string): boolean => root === '/' || file === root || file.startsWith(`${root}/`);

/** Where a link leads, undefined when it leads nowhere. */
function resolved(file: string): string | undefined {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
  }
}

/**
 * The place `relative` names below the directory `base`, by its real path; made, one level at a time, where it is missing: directories,
 * with a file last for kind `file`. A link that stays in `base` is followed. Throws, before anything is made, when a link, which a
 * container may have planted, or `..` leads out of `base`.
 */
export function makeInside(base: string, relative: string, kind: 'directory' | 'file'): string {
  const root = fs.realpathSync(base);
  const names = path.posix.normalize(relative).split('/').filter((name) => name !== '' && name !== '.'); // prettier-ignore
  let place = root;
  let missing = false;
  for (const [index, name] of names.entries()) {
    const next = path.join(place, name);
    missing ||= fs.lstatSync(next, { throwIfNoEntry: false }) === undefined;
    const real = missing ? next : resolved(next);
    if (real === undefined || name === '..' || !isBelow(real, root))
      throw new Error(`"${relative}" leads out of its directory at "${names.slice(0, index + 1).join('/')}"`);
    if (missing && kind === 'file' && index === names.length - 1) fs.writeFileSync(real, '', { flag: 'wx' });
    else if (missing) fs.mkdirSync(real, { mode: 0o777 });
    place = real;
  }
  return place;
}
