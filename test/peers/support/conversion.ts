import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { parse } from 'yaml';

import { peerProgram } from './binaries.ts';

/** A Tekton object as it is written in a file. */
export interface TektonObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

/** What upstream makes of an object (see modules/tekton-convert). */
export interface UpstreamOutcome {
  unreadable?: string;
  refused?: string;
  paths?: string[];
  failed?: string;
  converted?: TektonObject;
  back?: TektonObject;
}

const corpus = resolve(import.meta.dirname, '../corpus');

/** The objects of a folder of the corpus, by the names of their files. */
export async function readCorpus(folder: string): Promise<[string, TektonObject][]> {
  const names = (await readdir(join(corpus, folder))).sort();
  return Promise.all(
    names.map(async (name): Promise<[string, TektonObject]> => {
      const text = await readFile(join(corpus, folder, name), 'utf8');
      return [name.replace('.yaml', ''), parse(text) as TektonObject];
    }),
  );
}

/** A file of upstream's installation. */
export async function readUpstreamDefinition<T>(file: string): Promise<T> {
  return parse(await readFile(resolve(import.meta.dirname, '../../../.peers/share/tekton', file), 'utf8')) as T;
}

/** Has upstream convert the objects, there and back. */
export async function convertUpstream(objects: TektonObject[]): Promise<UpstreamOutcome[]> {
  const child = spawn(peerProgram('tekton-convert'), { stdio: ['pipe', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.end(JSON.stringify(objects));
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail);
    child.on('close', done);
  });
  if (code !== 0) throw new Error(`tekton-convert ended with ${code}: ${Buffer.concat(errors).toString()}`);
  return JSON.parse(Buffer.concat(output).toString()) as UpstreamOutcome[];
}

/** Go writes these fields even where nothing was said. */
const WRITTEN_EMPTY = [
  'resources',
  'computeResources',
  'status',
  'metadata',
  'taskRunTemplate',
  'name',
  'podName',
].concat(['creationTimestamp', 'labels', 'annotations', 'taskRef', 'description']);

/** What upstream's webhook fills in from its configuration, and the controllers of this project where they read an object. */
const CONFIGURED: Record<string, unknown> = {
  timeout: '1h0m0s',
  pipeline: '1h0m0s',
  serviceAccountName: 'default',
  kind: 'Task',
  'app.kubernetes.io/managed-by': 'tekton-pipelines',
};

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === '' ||
  (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0);

function entry(key: string, value: unknown): [string, unknown][] {
  if (key.startsWith('tekton.dev/v1beta1') && typeof value === 'string') return [[key, comparable(JSON.parse(value))]];
  if (['requests', 'limits'].includes(key)) {
    // A quantity is text.
    return [[key, Object.fromEntries(Object.entries(value as object).map(([name, amount]) => [name, String(amount)]))]];
  }
  const shown = comparable(value);
  if (shown === CONFIGURED[key]) return [];
  if (key === 'spec' && shown === null) return [];
  return isEmpty(shown) && (WRITTEN_EMPTY.includes(key) || key === 'timeouts') ? [] : [[key, shown]];
}

/** Without what says nothing: empty fields that Go writes, and configured defaults. The kind of the object itself stays. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => entry(key, item)));
}

/** An object in a form in which upstream's and ours can be compared. */
export function compared(object: TektonObject | undefined): unknown {
  return object === undefined ? undefined : { ...(comparable(object) as object), kind: object.kind };
}
