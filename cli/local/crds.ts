import { readdir, readFile } from 'node:fs/promises';

import { parse } from 'yaml';

import { chartFolder } from '../chart-folder.ts';

/** The chart's CRDs, which the embedded cluster installs too. Throws an Error if they are missing. */
export async function readCrds(): Promise<object[]> {
  const chart = chartFolder();
  if (!chart) throw new Error('helm/tektrace is missing from this installation: install it again');
  const folder = new URL('files/crds/', chart);
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => parse(await readFile(new URL(name, folder), 'utf8')) as object));
}
