import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Pod } from '../../shared/kubernetes/pod.ts';
import { PODS, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import { isDone, isSuccessful } from '../../shared/tekton/conditions.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import { isolations } from '../support/isolations.ts';
import { BYTES, digest, loudPrograms } from './support/loud-programs.ts';
import type { LoudProgram } from './support/loud-programs.ts';
import { create, taskRun, until } from './support/run.ts';
import { startUp } from './support/up.ts';
import type { RunningUp } from './support/up.ts';

const MEMORY_BYTES = 50 * 1024 * 1024;
const TIMEOUT_MS = 600_000;

describe.each(isolations)('loud programs in isolation %s', (isolation) => {
  let up: RunningUp;
  beforeAll(async () => {
    up = await startUp(['--isolation', isolation]);
    await run({ name: 'warm-up', script: 'head -c 20000000 /dev/zero', output: () => [] }); // What the product takes once, it takes now.
  }, TIMEOUT_MS);
  afterAll(() => up.close());

  async function run({ name, script }: LoudProgram): Promise<{ done: TaskRun; log: string }> {
    const created = await create<TaskRun>(up.client, taskRun(name, [{ name: 'loud', script }]));
    const { namespace } = created.metadata;
    const path = resourcePath(TASK_RUNS, { namespace, name: created.metadata.name });
    const look = async (): Promise<TaskRun | false> => {
      const now = await up.client.request<TaskRun>('GET', path);
      return isDone(now) && now;
    };
    const pod = await until(async () => {
      const { status } = await up.client.request<TaskRun>('GET', path);
      const found = status?.podName
        ? await up.client.request<Pod>('GET', resourcePath(PODS, { namespace, name: status.podName }))
        : undefined;
      const state = found?.status?.containerStatuses?.find((one) => one.name === 'step-loud')?.state;
      return (state?.running ?? state?.terminated) && found;
    }, `${name} runs`);
    const log = `${resourcePath(PODS, { namespace, name: pod.metadata.name, subresource: 'log' })}?container=step-loud`;
    const followed = await digest(await up.get(`${log}&follow=true`));
    const done = await until(look, `${name} is done`);
    return { done, log: JSON.stringify(followed) };
  }

  async function python3(): Promise<boolean> {
    const { done } = await run({ name: 'python', script: 'python3 --version', output: () => [] });
    return isSuccessful(done);
  }

  test(
    'write 100 MB each: whole in the log, byte for byte, and none of it stays in memory',
    async () => {
      for (const program of loudPrograms(await python3())) {
        const expected = await digest(program.output());
        expect(expected.bytes).toBeGreaterThanOrEqual(BYTES);
        const before = up.memory().now;
        up.forgetPeak();
        const { done, log } = await run(program);
        const grown = up.memory().peak - before;
        expect([program.name, isSuccessful(done), log]).toEqual([program.name, true, JSON.stringify(expected)]);
        expect([program.name, grown < MEMORY_BYTES || grown]).toEqual([program.name, true]);
      }
    },
    TIMEOUT_MS,
  );
});
