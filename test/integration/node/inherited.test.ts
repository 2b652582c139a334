import fs from 'node:fs';
import os from 'node:os';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { isolations, switchUsers } from '../../support/isolations.ts';
import { startCluster } from './cluster.ts';
import type { TestCluster } from './cluster.ts';
import { tektonPod } from './tekton-pod.ts';

/** Prints what a process finds at its start; `ls` and `grep` speak for what the shell hands on. */
const FIND = `
echo "descriptors $(ls /proc/self/fd | tr '\\n' ' ')"
echo "stdin $(readlink /proc/self/fd/0)"
for fd in 0 1 2; do sed -n "s/^flags:[^0-9]*/flags-$fd /p" /proc/self/fdinfo/$fd; done
grep -E '^Sig(Blk|Ign)' /proc/self/status
echo "umask $(umask)"
echo "nice $(nice)"
echo "open-files $(ulimit -S -n)"
echo "hard-open-files $(ulimit -H -n)"
echo "core $(ulimit -S -c)"
echo "session $(sed 's/.*) //' /proc/self/stat | cut -d' ' -f4)"
echo "terminal $(sed 's/.*) //' /proc/self/stat | cut -d' ' -f5)"
echo "directory $(pwd)"
echo "environment $(tr '\\0' '\\n' < /proc/$$/environ | sed 's/=.*//' | sort | tr '\\n' ' ')"
`;
const BY_NAME = `
echo "by-name out" > /dev/stdout
echo "by-name-too err" >> /dev/stderr
`;
const PRINT = FIND + BY_NAME;
/** `$$` stands for `$` in a container's command. */
const shell = (script: string): string[] => ['sh', '-c', script.replaceAll('$', '$$$$')];
const limitOf = (name: string, column: number): string | undefined =>
  new RegExp(`^${name}\\s+(.*)$`, 'm').exec(fs.readFileSync('/proc/self/limits', 'utf8'))?.[1]?.split(/\s+/)[column];
const OTHER_USER = 1234;
const users = switchUsers ? [undefined, OTHER_USER] : [undefined];

const umask = process.umask();
afterEach(() => void process.umask(umask));
process.env.TEKTRACE_TEST_OF_OURS = 'x';
afterAll(() => void delete process.env.TEKTRACE_TEST_OF_OURS);

describe.each(isolations)('what a process of a container inherits in isolation %s', (isolation) => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster({ isolation });
  });
  afterAll(() => cluster.close());

  const logOf = async (spec: object, container: string): Promise<Record<string, string>> => {
    const { metadata } = await cluster.createPod(spec);
    const name = metadata.name ?? '';
    await cluster.ended(name);
    const log = await cluster.log(name, container);
    const lines = log.split('\n').filter((line) => line !== '');
    return Object.fromEntries(lines.map((line) => [line.split(/[: \t]/)[0] ?? '', line.replace(/^\S+\s*/, '').trim()]));
  };

  const main = { name: 'main', image: 'x', command: ['true'] };
  const volumes = [{ name: 'data', emptyDir: {} }];
  const volumeMounts = [{ name: 'data', mountPath: '/data' }];
  const waiting = {
    ...main,
    volumeMounts,
    command: shell('until [ -e /data/out ]; do sleep 0.05; done; cat /data/out'),
  };
  const probe = {
    volumes,
    containers: [
      {
        ...waiting,
        readinessProbe: {
          timeoutSeconds: 60,
          exec: { command: ['sh', '-c', `{ ${FIND} } > /data/part; ${BY_NAME} mv /data/part /data/out`] },
        },
      },
    ],
  };
  const ways: [string, object, string][] = [
    ['a container', { containers: [{ ...main, command: shell(PRINT) }] }, 'main'],
    [
      'an init container',
      { initContainers: [{ ...main, name: 'init', command: shell(PRINT) }], containers: [main] },
      'init',
    ],
    [
      'a sidecar',
      {
        volumes,
        initContainers: [
          {
            ...main,
            name: 'sidecar',
            restartPolicy: 'Always',
            volumeMounts,
            command: shell(`${PRINT} touch /data/out; sleep 60`),
          },
        ],
        containers: [waiting],
        terminationGracePeriodSeconds: 0,
      },
      'sidecar',
    ],
    ['a step', tektonPod([{ script: PRINT }]), 'step-0'],
  ];

  test.each(users.flatMap((user) => ways.map(([name, ...rest]) => [name, user, ...rest] as const)))(
    '%s (user %s)',
    async (name, user, spec, container) => {
      process.umask(user === undefined ? 0o077 : 0o022);
      const securityContext = user === undefined ? {} : { runAsUser: user, runAsGroup: user };
      const found = await logOf({ ...spec, securityContext }, container);
      expect(found).toMatchObject({
        descriptors: '0 1 2 3', // The last is the directory that ls reads.
        stdin: '/dev/null',
        SigBlk: '0000000000000000',
        SigIgn: '0000000000000000',
        umask: '0022',
        nice: String(os.getPriority()),
        'open-files': '1024',
        'hard-open-files': limitOf('Max open files', 1),
        terminal: '0',
        'by-name': 'out',
        'by-name-too': 'err',
      });
      for (const fd of [0, 1, 2])
        expect(Number.parseInt(found[`flags-${fd}`] ?? '', 8) & fs.constants.O_NONBLOCK).toBe(0);
      expect(found.directory).toMatch(name === 'a step' ? /\/workspace$/ : /^\/$/);
      expect(found.session).not.toBe('0');
      if (isolation === 'namespaces' && name !== 'a step') expect(found.session).toBe('1');
      const ours = isolation === 'plain' ? ['TMPDIR', 'TEKTRACE_CONTAINER_ID', 'TEKTRACE_PATH_MAP'] : [];
      const names = found.environment?.split(' ').filter((one) => !ours.includes(one));
      expect(names).toEqual(['HOME', 'HOSTNAME', 'PATH']);
    },
  );

  test('the command of a probe', async () => {
    process.umask(0o077);
    const found = await logOf(probe, 'main');
    expect(found).toMatchObject({
      descriptors: expect.stringMatching(/^0 1 2 3/),
      stdin: '/dev/null',
      SigBlk: '0000000000000000',
      SigIgn: '0000000000000000',
      umask: '0022',
      'open-files': '1024',
      terminal: '0',
    });
    expect(Number.parseInt(found['flags-2'] ?? '', 8) & fs.constants.O_NONBLOCK).toBe(0);
  });
});
