import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { PERSISTENT_VOLUME_CLAIMS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import { isolations } from '../../support/isolations.ts';
import { startCluster } from './cluster.ts';
import type { Pod } from '../../../local/node/types.ts';
import type { TestCluster } from './cluster.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe.each(isolations)('volumes with isolation %s', (isolation) => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster({ isolation });
  });
  afterAll(() => cluster.close());

  async function output(script: string, volumes: object[], volumeMounts: object[]): Promise<string> {
    const containers = [{ name: 'main', image: 'busybox', command: ['sh', '-c', script], volumeMounts }];
    const { metadata } = await cluster.createPod({ volumes, containers });
    const name = metadata.name ?? '';
    await cluster.ended(name);
    return cluster.log(name, 'main');
  }

  test('ConfigMaps, Secrets and projections give their files, with items and modes', async () => {
    await cluster.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'files' },
      data: { a: 'A', b: 'B' },
    });
    await cluster.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'files' }, data: { key: base64('S') } });
    const volumes = [
      { name: 'config', configMap: { name: 'files', items: [{ key: 'a', path: 'deep/a', mode: 0o755 }] } },
      { name: 'secret', secret: { secretName: 'files', defaultMode: 0o400 } },
      {
        name: 'all',
        projected: {
          sources: [
            { configMap: { name: 'files' } },
            { secret: { name: 'files' } },
            { secret: { name: 'none', optional: true } },
          ],
        },
      },
    ];
    const mounts = [
      { name: 'config', mountPath: '/config' },
      { name: 'secret', mountPath: '/var/run/the-secret' },
      { name: 'all', mountPath: '/all' },
      { name: 'all', mountPath: '/one', subPath: 'b' },
    ];
    const script =
      'cat /config/deep/a /var/run/the-secret/key; ls /all | tr "\\n" " "; cat /one; stat -L -c " %a %n" /config/deep/a';
    const text = await output(script, volumes, mounts);
    expect(text).toContain('ASa b key B 755');
  });

  test('a claim is bound, shared between Pods, and its directory goes with it', async () => {
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'shared' } };
    const path = resourcePath(PERSISTENT_VOLUME_CLAIMS, { namespace: 'default' });
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    await cluster.client.request('POST', path, { body: { ...claim, spec } });
    const volumes = [{ name: 'pvc', persistentVolumeClaim: { claimName: 'shared' } }];
    await output('echo kept > /data/sub/file', volumes, [{ name: 'pvc', mountPath: '/data/sub', subPath: 'sub' }]);
    expect(await output('cat /data/sub/file', volumes, [{ name: 'pvc', mountPath: '/data' }])).toBe('kept\n');
    const bound = await cluster.client.request<{ status: { phase: string } }>('GET', `${path}/shared`);
    expect(bound.status.phase).toBe('Bound');
  });

  test('a volume mounted inside another is found there', async () => {
    const volumes = ['outer', 'inner'].map((name) => ({ name, emptyDir: {} }));
    const mounts = [
      { name: 'outer', mountPath: '/outer' },
      { name: 'inner', mountPath: '/outer/inner' },
    ];
    expect(await output('echo x > /outer/inner/f; cd /outer && cat inner/f', volumes, mounts)).toBe('x\n');
  });

  /** An init container prepares the outer volume before the inner one is mounted in it. */
  async function prepared(prepare: string, script: string): Promise<{ log: string; message: string }> {
    const volumes = ['outer', 'inner'].map((name) => ({ name, emptyDir: {} }));
    const [outer, inner] = [
      { name: 'outer', mountPath: '/outer' },
      { name: 'inner', mountPath: '/outer/inner' },
    ];
    const shell = (text: string): string[] => ['sh', '-c', text];
    const initContainers = [{ name: 'first', image: 'x', command: shell(prepare), volumeMounts: [outer] }];
    const containers = [{ name: 'main', image: 'x', command: shell(script), volumeMounts: [outer, inner] }];
    const { metadata } = await cluster.createPod({ volumes, initContainers, containers });
    const { status } = await cluster.ended(metadata.name ?? '');
    const log = await cluster.log(metadata.name ?? '', 'main');
    return { log, message: status?.containerStatuses?.[0]?.state.terminated?.message ?? '' };
  }

  test('a mount point in which directories were made before is hidden by the volume', async () => {
    const { log } = await prepared(
      'mkdir -p /outer/inner/src/deep',
      'ls /outer/inner; echo x > /outer/inner/f; ls /outer/inner',
    );
    expect(log).toBe('f\n');
  });

  test('a mount point with files is hidden by the volume, or the container is refused with the reason', async () => {
    const { log, message } = await prepared(
      'mkdir -p /outer/inner && echo x > /outer/inner/old',
      'ls -A /outer/inner; echo ran',
    );
    if (isolation === 'namespaces') expect(log).toBe('ran\n');
    else
      expect(message).toContain('mount path /outer/inner has files in the volume around it, which a mount would hide');
  });

  test('sockets can be made in volumes, /tmp and the home: their paths are short enough', async () => {
    const node = `const fs = require('fs'), net = require('net');
const directories = ['/workspace/source', '/tmp/tmp3u_b_c_a', process.env.HOME + '/.gnupg'];
let left = directories.length;
for (const directory of directories) {
  fs.mkdirSync(directory, { recursive: true });
  const file = directory + '/S.gpg-agent.ssh';
  net.createServer().listen(file, function () {
    const made = fs.lstatSync(file).isSocket(); // Some versions of Node cut a path that is too long.
    this.close();
    if (made && --left === 0) console.log('made');
  });
}`;
    const containers = [
      {
        name: 'step-with-a-name-as-long-as-those-of-generated-tasks',
        image: 'x',
        command: ['node', '-e', node],
        volumeMounts: [{ name: 'w', mountPath: '/workspace/source' }],
      },
    ];
    const { metadata } = await cluster.createPod({ volumes: [{ name: 'w', emptyDir: {} }], containers });
    await cluster.ended(metadata.name ?? '');
    expect(await cluster.log(metadata.name ?? '', containers[0]?.name ?? '')).toBe('made\n');
  });

  test('a Secret that is missing keeps the Pod pending and is named in an Event', async () => {
    const volumes = [{ name: 's', secret: { secretName: 'absent' } }];
    const containers = [
      { name: 'main', image: 'x', command: ['true'], volumeMounts: [{ name: 's', mountPath: '/s' }] },
    ];
    const { metadata } = await cluster.createPod({ volumes, containers });
    const name = metadata.name ?? '';
    await cluster.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'unrelated' }, data: {} });
    await cluster.eventWhen(
      name,
      ({ reason, message }) => reason === 'FailedMount' && message.includes('secret "absent" not found'),
    );
    const waiting = (pod: Pod): string => pod.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '';
    await cluster.podWhen(name, (pod) => waiting(pod).includes('secret "absent" not found'));
    await cluster.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'absent' }, data: {} });
    expect((await cluster.ended(name)).status?.phase).toBe('Succeeded');
  });

  test.each([
    ['hostPath volumes are off on this node', { hostPath: { path: '/' } }],
    ['csi volumes are not supported by this node', { csi: { driver: 'example.com' } }],
  ])('a Pod with a volume that this node never has fails at once: %s', async (why, source) => {
    const volumes = [{ name: 'h', ...source }];
    const containers = [
      { name: 'main', image: 'x', command: ['true'], volumeMounts: [{ name: 'h', mountPath: '/host' }] },
    ];
    const { metadata } = await cluster.createPod({ volumes, containers });
    const event = await cluster.eventWhen(metadata.name ?? '', ({ reason }) => reason === 'FailedMount');
    expect(event.message).toContain(why);
    const { status } = await cluster.ended(metadata.name ?? '');
    expect(status).toMatchObject({ phase: 'Failed', reason: 'FailedMount' });
    expect(status?.message).toContain(`MountVolume.SetUp failed for volume "h" : `);
    expect(status?.message).toContain(why);
  });
});

(isolations.includes('namespaces') ? describe : describe.skip)('a container in namespaces', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster({ isolation: 'namespaces' });
  });
  afterAll(() => cluster.close());

  test('has a root of its own: read-only programs, no homes, only its own processes, and read-only mounts', async () => {
    const script = [
      'touch /usr/x 2>/dev/null || echo usr-read-only',
      'touch /etc/passwd 2>/dev/null || echo etc-read-only',
      'true 2>/dev/null 1<> /proc/sys/kernel/core_pattern || echo settings-read-only',
      'mknod /disk b 8 0 2>/dev/null || echo no-devices',
      'touch /ro/x 2>/dev/null || echo mount-read-only',
      'ls -A /root /home | tr -d "\\n"; echo',
      'ls -d /proc/[0-9]* | wc -l',
      'ls /etc/extra/',
      'touch /anywhere && echo own-root',
    ].join('\n');
    const { metadata } = await cluster.createPod({
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [
        {
          name: 'main',
          image: 'x',
          command: ['sh', '-c', script],
          volumeMounts: [
            { name: 'v', mountPath: '/ro', readOnly: true },
            { name: 'v', mountPath: '/etc/extra' },
          ],
        },
      ],
    });
    await cluster.ended(metadata.name ?? '');
    const lines = (await cluster.log(metadata.name ?? '', 'main')).split('\n');
    expect(lines).toEqual([
      'usr-read-only',
      'etc-read-only',
      'settings-read-only',
      'no-devices',
      'mount-read-only',
      '/home:/root:',
      expect.stringMatching(/^[1-4]$/),
      'own-root',
      '',
    ]);
  });
});
