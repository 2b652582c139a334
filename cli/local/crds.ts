import { readdir, readFile } from 'node:fs/promises';

import { parse } from 'yaml';

/** The chart's CRDs, which the embedded cluster installs too. */
export async function readCrds(): Promise<object[]> {
  // From dist/ the chart is one folder further up.
  const candidates = [
    new URL('../../helm/tektrace/files/crds/', import.meta.url),
    new URL('../../../helm/tektrace/files/crds/', import.meta.url),
  ];
  for (const folder of candidates) {
    const names = await readdir(folder).catch(() => []);
    if (names.length > 0)
      return Promise.all(
        names.sort().map(async (name) => parse(await readFile(new URL(name, folder), 'utf8')) as object),
      );
  }
  throw new Error('the CRDs in helm/tektrace/files/crds are missing from this installation: install it again');
}
