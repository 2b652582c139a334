import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, test } from '@jest/globals';

import { isolation } from '../support/isolations.ts';
import { cli } from './support/cli.ts';

test('a sidecar that fails is quoted below the name of the run: its log was not shown before', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'tektrace-e2e-'));
  const file = path.join(directory, 'run.json');
  // The sidecar holds a lock until its process has ended: one that still runs when the step ends would be ended by the controller.
  const volumeMounts = [{ name: 'gate', mountPath: '/gate' }];
  const failing = 'seq 20; echo "db: no such directory: /data" >&2; exit 3';
  const sidecar = {
    ...{ name: 'db', image: 'x', volumeMounts },
    script: `exec 9> /gate/lock; flock 9; touch /gate/locked; ${failing}`,
  };
  const step = {
    ...{ name: 'test', image: 'x', volumeMounts },
    script: 'until [ -e /gate/locked ]; do sleep 0.05; done; flock /gate/lock sleep 1',
  };
  const run = {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { generateName: 'sidecar-' },
    spec: { taskSpec: { volumes: [{ name: 'gate', emptyDir: {} }], sidecars: [sidecar], steps: [step] } },
  };
  await writeFile(file, JSON.stringify(run));
  const { code, stdout } = await cli(['run', '-f', file, '--isolation', isolation]);
  await rm(directory, { recursive: true });
  expect(code).toBe(1);
  const told = stdout.slice(stdout.indexOf('SidecarFailed  '));
  expect(told).toContain('"sidecar-db" exited with code 3');
  const quoted = [...told.matchAll(/^ {4}[│|] (.*)$/gm)].map(([, line]) => line);
  expect(quoted).toEqual([...Array.from({ length: 9 }, (_, i) => String(12 + i)), 'db: no such directory: /data']);
});
