import { existsSync } from 'node:fs';

/** The chart of this installation, of which the image has only the CRDs; undefined if it is not there. */
export function chartFolder(): URL | undefined {
  // From dist/ it is one folder further up.
  const candidates = ['../helm/tektrace/', '../../helm/tektrace/'].map((path) => new URL(path, import.meta.url));
  return candidates.find((folder) => existsSync(new URL('files/crds/', folder)));
}
