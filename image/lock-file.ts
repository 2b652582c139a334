import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One package of package-lock.json. */
export interface LockedPackage {
  /** Where it is below the project: node_modules/a/node_modules/b. */
  path: string;
  name: string;
  version: string;
  license: string | undefined;
  /** SHA-512 of the package as the registry has it, in hexadecimal. */
  sha512: string | undefined;
}

interface Entry {
  version?: string;
  license?: string;
  integrity?: string;
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
}

function sha512Of(integrity = ''): string | undefined {
  const [, base64] = /^sha512-(\S+)/.exec(integrity) ?? [];
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('hex');
}

/** What the program needs at run time: what `npm ci --omit=dev --omit=optional` installs, sorted by path. Throws if there is no lock file. */
export async function productionPackages(project: string): Promise<LockedPackage[]> {
  const text = await readFile(join(project, 'package-lock.json'), 'utf8');
  const { packages } = JSON.parse(text) as { packages: Record<string, Entry> };
  return Object.entries(packages)
    .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
    .map(([path, { version = '', license, integrity }]) => ({
      ...{ path, version, license, sha512: sha512Of(integrity) },
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
