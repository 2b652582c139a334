import fs from 'node:fs';
import path from 'node:path';

const isBelow = (file: string, root: string): boolean => root === '/' || file === root || file.startsWith(`${root}/`);

/** Where a link leads, undefined if its target does not exist. */
function resolved(file: string): string | undefined {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
  }
}

/**
 * The real path of `relative` below the directory `base`. Creates missing directories, and for kind `file` the file. Follows links inside
 * `base`. Throws, before it creates anything, if a link (a container may have planted it) or `..` leads out of `base`.
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
