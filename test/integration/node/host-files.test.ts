import fs from 'node:fs';

import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from '@jest/globals';

import type { Pod } from '../../../local/node/types.ts';
import { isolations, switchUsers } from '../../support/isolations.ts';
import { startCluster } from './cluster.ts';
import type { TestCluster } from './cluster.ts';

describe.each(isolations)('what a Pod asks for stays in the Pod with isolation %s', (isolation) => {
  let cluster: TestCluster;
  /** A directory of the machine that is no business of any Pod. */
  let outside: string;
  beforeAll(async () => {
    cluster = await startCluster({ isolation });
  });
  afterAll(() => cluster.close());
  beforeEach(() => {
    outside = fs.mkdtempSync('/var/tmp/tektrace-test-'); // Not below /tmp, which `plain` maps.
    fs.chmodSync(outside, 0o777);
  });
  afterEach(() => fs.rmSync(outside, { recursive: true }));

  const container = (script: string, more: object = {}): object => ({
    name: 'main',
    image: 'x',
    command: ['sh', '-c', script],
    ...more,
  });
  const volumes = ['v', 'w'].map((name) => ({ name, emptyDir: {} }));

  /** A Pod whose init container makes the link `l`, which leads outside, in its volume. */
  async function withPlantedLink(main: object): Promise<Pod> {
    const init = container(`ln -s ${outside} /v/l`, { name: 'plant', volumeMounts: [{ name: 'v', mountPath: '/v' }] });
    return cluster.createPod({ volumes, initContainers: [init], containers: [container('true', main)] });
  }

  test('a subPath that goes through a link out of its volume is refused before anything is made', async () => {
    const { metadata } = await withPlantedLink({ volumeMounts: [{ name: 'v', mountPath: '/d', subPath: 'l/x/y' }] });
    const pod = await cluster.podWhen(
      metadata.name ?? '',
      ({ status }) => status?.containerStatuses?.[0]?.state.waiting?.message !== undefined,
    );
    expect(pod.status?.containerStatuses?.[0]?.state.waiting?.message).toBe(
      '"l/x/y" leads out of its directory at "l"',
    );
    expect(fs.readdirSync(outside)).toEqual([]);
  });

  test('a mount inside another volume does not follow a link out of that one', async () => {
    const volumeMounts = [
      { name: 'v', mountPath: '/v' },
      { name: 'w', mountPath: '/v/l/x' },
    ];
    const { metadata } = await withPlantedLink({ volumeMounts });
    const { status } = await cluster.ended(metadata.name ?? '');
    expect(status?.containerStatuses?.[0]?.state.terminated).toMatchObject({
      reason: 'StartError',
      message: expect.stringMatching(/^cannot make the mount point \/v\/l\/x: .* leads out of its directory at "l"$/),
    });
    expect(fs.readdirSync(outside)).toEqual([]);
  });

  test('neither a termination message nor a working directory is made through a link out of a volume', async () => {
    const volumeMounts = [{ name: 'v', mountPath: '/v' }];
    for (const more of [{ terminationMessagePath: '/v/l/message' }, { workingDir: '/v/l/cwd' }]) {
      const { metadata } = await withPlantedLink({ volumeMounts, ...more });
      await cluster.ended(metadata.name ?? '');
      expect(fs.readdirSync(outside)).toEqual([]);
    }
  });

  test('relative paths start at the root of the container and end there', async () => {
    const up = `../../../../../../../..${outside}`;
    const main = container(`pwd; echo x > ${outside}/v/file; ls ${outside}/v; echo message > ${outside}/message`, {
      volumeMounts: [{ name: 'v', mountPath: `${up}/v` }],
      workingDir: `${up}/v`,
      terminationMessagePath: `${up}/message`,
    });
    const { metadata } = await cluster.createPod({ volumes, containers: [main] });
    const { status } = await cluster.ended(metadata.name ?? '');
    expect(await cluster.log(metadata.name ?? '', 'main')).toMatch(/file\n$/);
    expect(status?.containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 0, message: 'message\n' });
    expect(fs.readdirSync(outside)).toEqual([]);
  });

  test("what switches to the container's user takes none of its variables", async () => {
    const uid = switchUsers ? 65534 : process.getuid?.();
    // The dynamic linker of each program that has these writes a file.
    const env = [
      { name: 'LD_DEBUG', value: 'files' },
      { name: 'LD_DEBUG_OUTPUT', value: `${outside}/linker` },
      { name: 'UID', value: '7' },
      { name: 'quoted', value: `it's "\n$(id)` },
    ];
    const main = container('echo "$UID $quoted"', {
      env,
      ...(switchUsers && { securityContext: { runAsUser: uid, runAsGroup: uid } }),
    });
    const { metadata } = await cluster.createPod({ containers: [main] });
    const { status } = await cluster.ended(metadata.name ?? '');
    expect(status?.containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 0 });
    expect(await cluster.log(metadata.name ?? '', 'main')).toContain(`7 it's "\n$(id)\n`);
    const owners = fs.readdirSync(outside).map((file) => fs.statSync(`${outside}/${file}`).uid);
    expect(owners.filter((owner) => owner !== uid)).toEqual([]);
  });
});
