import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { Pod } from '../../../local/node/types.ts';
import { isolations, switchUsers } from '../../support/isolations.ts';
import { startCluster } from './cluster.ts';

function processesWith(marker: string): string[] {
  return fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(marker);
      } catch {
        return false; // It ended while we looked.
      }
    });
}

/** Directories in the machine's shared memory that hold this Pod's volumes. */
const memoryDirectories = (uid: string | undefined): string[] =>
  fs
    .readdirSync('/dev/shm')
    .map((name) => path.join('/dev/shm', name))
    .filter((directory) => fs.existsSync(path.join(directory, String(uid))));

describe.each(isolations)('closing a node with isolation %s', (isolation) => {
  let rootDir: string;
  beforeEach(() => {
    rootDir = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
  });
  afterEach(() => fs.rmSync(rootDir, { recursive: true, force: true }));

  test('ends every process and removes every directory, also read-only ones', async () => {
    const cluster = await startCluster({ isolation, rootDir: path.join(rootDir, 'node') });
    const marker = `close-${isolation}-${process.pid}`;
    const script = `mkdir -p /data/a/b; touch /data/a/b/c; chmod 555 /data/a /data/a/b; setsid sh -c 'sleep 600; : ${marker}' & echo up; sleep 600; : ${marker}`;
    const container = {
      name: 'main',
      image: 'x',
      command: ['sh', '-c', script],
      volumeMounts: [{ name: 'v', mountPath: '/data' }],
    };
    const volumes = [{ name: 'v', emptyDir: { medium: 'Memory' } }];
    const { metadata } = await cluster.createPod({ volumes, containers: [container] });
    await cluster.podWhen(metadata.name ?? '', ({ status }) => status?.phase === 'Running');
    await cluster.said(metadata.name ?? '', 'main', 'up');
    expect(processesWith(marker).length).toBeGreaterThan(0);
    const memory = memoryDirectories(metadata.uid);
    await cluster.close();
    expect(processesWith(marker)).toEqual([]);
    expect(fs.readdirSync(rootDir)).toEqual([]);
    expect(memory.filter((directory) => fs.existsSync(directory))).toEqual([]);
  });
});

const waitingMessage = (pod: Pod): string | undefined => pod.status?.containerStatuses?.[0]?.state.waiting?.message;

const NOBODY = 65534;

/** Another user can only run what it can read: a checkout below /root is not. */
function othersCanRead(file: string): boolean {
  const read = ['-e', 'require("fs").accessSync(process.argv[1])', file];
  return switchUsers && spawnSync(process.execPath, read, { uid: NOBODY, gid: NOBODY }).status === 0;
}

/** As whom the next test runs a node: another user where that is possible, else as itself. */
const other = othersCanRead(import.meta.filename) ? { uid: NOBODY, gid: NOBODY } : {};
const uid = other.uid ?? process.getuid?.();

test.each(isolations)('a user that may not switch to another runs a Pod with isolation %s', async (mode) => {
  const script = path.join(import.meta.dirname, 'ordinary-user.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', script, mode], {
    ...other,
    env: { PATH: process.env.PATH ?? '', HOME: '/', TMPDIR: tmpdir() },
  });
  const result = JSON.parse(stdout) as { isolation: string; id: string; refused: string };
  expect(result.isolation).toBe(mode);
  expect(result.id).toContain(mode === 'namespaces' ? 'uid=0' : `uid=${uid}`);
  const mayNot = `this node runs as user ${uid} and may not switch to another`;
  expect(result.refused).toContain(switchUsers && other.uid === undefined ? 'ran' : mayNot);
});

test.each(isolations)('no other user of the machine finds the files of Pods with isolation %s', async (isolation) => {
  const rootDir = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
  const cluster = await startCluster({ isolation, rootDir });
  try {
    const container = { name: 'main', image: 'x', command: ['true'] };
    const { metadata } = await cluster.createPod({ containers: [container] });
    await cluster.ended(metadata.name ?? '');
    const list = `require('fs').readdirSync(process.argv[1])`;
    expect(fs.statSync(rootDir).mode & 0o044).toBe(0);
    for (const directory of switchUsers ? [rootDir, path.join(rootDir, 'pods')] : []) {
      const as = { uid: NOBODY, gid: NOBODY, encoding: 'utf8' } as const;
      expect(spawnSync(process.execPath, ['-e', list, directory], as).stderr).toContain('EACCES');
    }
    expect(fs.readdirSync(path.join(rootDir, 'pods'))).toHaveLength(1);
  } finally {
    await cluster.close();
  }
});

test.each(isolations)(
  'a container has the user, the group and the rights its spec asks for, or is refused, with isolation %s',
  async (isolation) => {
    const cluster = await startCluster({ isolation });
    try {
      const script =
        'id -u; id -g; id -G; grep -E "NoNewPrivs|CapBnd" /proc/self/status | tr -d "\\t"; touch /v/f && stat -c "%u %g" /v/f; cat /s/key';
      const securityContext = {
        runAsUser: 12345,
        runAsGroup: 2345,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      };
      const volumeMounts = [
        { name: 'v', mountPath: '/v' },
        { name: 's', mountPath: '/s' },
      ];
      await cluster.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { key: 'U0VDUkVU' } });
      const { metadata } = await cluster.createPod({
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 's', secret: { secretName: 's', defaultMode: 0o400 } },
        ],
        securityContext: { fsGroup: 777 },
        containers: [{ name: 'main', image: 'x', command: ['sh', '-c', script], securityContext, volumeMounts }],
      });
      if (!switchUsers) {
        const { status } = await cluster.podWhen(metadata.name ?? '', (pod) => waitingMessage(pod) !== undefined);
        expect(status?.containerStatuses?.[0]?.state.waiting).toMatchObject({
          reason: 'CreateContainerConfigError',
          message: expect.stringContaining(`runAsUser 12345: this node runs as user ${uid} and may not switch`),
        });
        return;
      }
      await cluster.ended(metadata.name ?? '');
      const lines = (await cluster.log(metadata.name ?? '', 'main')).split('\n');
      expect(lines).toEqual([
        '12345',
        '2345',
        '2345 777',
        'CapBnd:0000000000000000',
        'NoNewPrivs:1',
        '12345 777',
        'SECRET',
      ]);
    } finally {
      await cluster.close();
    }
  },
);
