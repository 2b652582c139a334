import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

import manifest from '../../../package.json' with { type: 'json' };

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

interface Workflow {
  env?: object;
  permissions: Record<string, string>;
  jobs: Record<string, { permissions?: Record<string, string>; env?: object; steps: Step[] }>;
}

const project = resolve(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(resolve(project, path), 'utf8');
const workflow = parse(read('.github/workflows/release.yaml')) as Workflow;
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

test('every action of the release is pinned by its commit', () => {
  const uses = steps.map((step) => step.uses).filter((name) => name !== undefined);
  expect(uses.length).toBeGreaterThan(0);
  expect(uses.filter((name) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(name))).toEqual([]);
});

test('a job may write only what it publishes', () => {
  expect(workflow.permissions).toEqual({ contents: 'read' });
  const writing = Object.entries(workflow.jobs).flatMap(([job, { permissions = {} }]) =>
    Object.entries(permissions).flatMap(([what, right]) => (right === 'write' ? [`${job}: ${what}`] : [])),
  );
  expect(writing).toEqual([
    'image: contents',
    'image: packages',
    'index: packages',
    'chart: packages',
    'npm: id-token',
  ]);
});

test('only the steps that publish have a token, so that no install script can read one', () => {
  const shared = [workflow.env, ...Object.values(workflow.jobs).map(({ env }) => env)];
  expect(JSON.stringify(shared)).not.toMatch(/token|secrets/i);
  const withToken = steps.filter(({ env }) => /token|secrets/i.test(JSON.stringify(env ?? {})));
  expect(withToken.map(({ run }) => /npm/.test(run ?? ''))).toEqual([false, false, false, false]);
  const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
  expect(checkouts.map((step) => step.with?.['persist-credentials'])).toEqual(checkouts.map(() => false));
});

test('its npm commands exist, and the line of the chart that it changes is there once', () => {
  const commands = steps.flatMap(({ run = '' }) => [...run.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name));
  expect(commands.sort()).toEqual(['image']);
  for (const name of commands) expect(Object.keys(manifest.scripts)).toContain(name);
  expect(read('helm/tektrace/values.yaml').match(/^ {2}repository: tektrace$/gm)).toHaveLength(1);
});

test('package.json and the chart have one version', () => {
  const chart = parse(read('helm/tektrace/Chart.yaml')) as { version: string; appVersion: string };
  expect([chart.version, chart.appVersion]).toEqual([manifest.version, manifest.version]);
});
