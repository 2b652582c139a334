import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';

import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { runPeer } from './command.ts';

export const chart = resolve(import.meta.dirname, '../../../helm/tektrace');
/** Helm waits up to four minutes when it is told to; it is to say itself what it has waited for. */
const TIMEOUT_MS = 300_000;

export type Values = Record<string, unknown>;

/** Runs helm, with `values` for the chart's where there are any. Throws with helm's words when it refuses. */
export async function helm(args: string[], values?: Values): Promise<string> {
  if (values === undefined) return runPeer('helm', args, { timeoutMs: TIMEOUT_MS });
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-helm-'));
  try {
    const file = join(directory, 'values.json');
    await writeFile(file, JSON.stringify(values));
    return await runPeer('helm', [...args, '--values', file], { timeoutMs: TIMEOUT_MS });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The objects that the chart renders to, as release `tektrace` in namespace `tracing`. */
export async function renderChart(values: Values = {}): Promise<KubeObject[]> {
  const text = await helm(['template', 'tektrace', chart, '--namespace', 'tracing'], values);
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}
