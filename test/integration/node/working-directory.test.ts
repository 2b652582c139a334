import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { isolations } from '../../support/isolations.ts';
import { startCluster } from './cluster.ts';
import type { TestCluster } from './cluster.ts';
import { tektonPod } from './tekton-pod.ts';

describe.each(isolations)('working directories with isolation %s', (isolation) => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster({ isolation });
  });
  afterAll(() => cluster.close());

  /** Exit codes of the steps and the last one's log. */
  async function run(
    ...steps: Parameters<typeof tektonPod>[0]
  ): Promise<{ codes: (number | undefined)[]; log: string }> {
    const { metadata } = await cluster.createPod(tektonPod(steps));
    const name = metadata.name ?? '';
    const { status } = await cluster.ended(name);
    const codes = steps.map(
      (_, i) => status?.containerStatuses?.find((one) => one.name === `step-${i}`)?.state.terminated?.exitCode,
    );
    return { codes, log: await cluster.log(name, `step-${steps.length - 1}`) };
  }

  test('one that an earlier step filled is where the step runs', async () => {
    const made = { script: 'rm -rf copy; mkdir new; echo content > new/file; mv new copy' };
    const { codes, log } = await run(made, { script: 'cat file', workingDir: '/workspace/copy' });
    expect({ codes, log }).toEqual({ codes: [0, 0], log: 'content\n' });
  });

  test('one beside the working directory of an earlier step, which calls it by ..', async () => {
    const made = { script: 'mkdir -p ../copy; echo content > ../copy/file', workingDir: '/workspace/src' };
    const { codes, log } = await run(made, { script: 'cat file', workingDir: '/workspace/copy' });
    expect({ codes, log }).toEqual({ codes: [0, 0], log: 'content\n' });
  });

  test('one that nobody made is made, in a volume and outside', async () => {
    for (const workingDir of ['/workspace/a/b', '/no-such/a', '/var/no-such/a'])
      expect(await run({ script: 'true' }, { script: 'ls -A | wc -l', workingDir })).toEqual({
        codes: [0, 0],
        log: '0\n',
      });
  });

  test.each([
    ['a file', 'rm -rf x; touch x', '/workspace/x', 'workingDir /workspace/x: not a directory'],
    ['below a file', 'rm -rf x; touch x', '/workspace/x/y', 'workingDir /workspace/x/y: not a directory'],
    ['a link that leads nowhere', 'rm -rf x; ln -s nowhere x', '/workspace/x', 'workingDir /workspace/x: "'],
  ])('%s ends the step as a runtime does, and says why', async (_, script, workingDir, message) => {
    const { codes, log } = await run({ script }, { script: 'echo never', workingDir });
    expect(codes).toEqual([0, 128]);
    expect(log).toContain(message);
    expect(log).not.toContain('never');
  });

  test('a container that is no step has the reason in its status', async () => {
    const volumes = [{ name: 'v', emptyDir: {} }];
    const volumeMounts = [{ name: 'v', mountPath: '/data' }];
    const container = { name: 'main', image: 'x', command: ['true'], workingDir: '/data/x', volumeMounts };
    const before = { ...container, name: 'before', command: ['touch', '/data/x'], workingDir: '/data' };
    const { metadata } = await cluster.createPod({ volumes, initContainers: [before], containers: [container] });
    const { status } = await cluster.ended(metadata.name ?? '');
    expect(status?.containerStatuses?.[0]?.state.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: expect.stringMatching(/data\/x.*(not a directory|File exists)/),
    });
  });
});
