import { expect, test } from '@jest/globals';

import { Controller } from '../../../../shared/kubernetes/controller.ts';
import type { ReconcileResult } from '../../../../shared/kubernetes/controller.ts';
import { ApiError } from '../../../../shared/kubernetes/errors.ts';
import { createLogger } from '../../../../shared/runtime/log.ts';

/** Runs a controller whose looks at its key go as `outcomes` say; resolves when all of them were had. */
async function run(outcomes: (() => ReconcileResult)[]): Promise<{ logged: string; failures: number }> {
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', write: (line) => void lines.push(line) });
  let finished: () => void;
  const allDone = new Promise<void>((resolve) => (finished = resolve));
  const controller = new Controller({
    name: 'test',
    log,
    reconcile: async () => {
      const outcome = outcomes.shift();
      if (outcomes.length === 0) finished();
      return outcome?.();
    },
  });
  controller.queue.add('ci/a');
  controller.start();
  await allDone;
  await controller.stop();
  return { logged: lines.join(''), failures: controller.queue.failures('ci/a') };
}

test('a failed reconcile is requeued, and a success resets its back-off', async () => {
  const { logged, failures } = await run([
    () => {
      throw new Error('broken');
    },
    () => undefined,
  ]);
  expect(logged).toContain('"level":"warn"');
  expect(logged).toContain('broken');
  expect(failures).toBe(0);
});

test('a conflict gives no warning: the cache was behind', async () => {
  const { logged } = await run([
    () => {
      throw new ApiError('PUT', 409, { reason: 'Conflict' });
    },
    () => undefined,
  ]);
  expect(logged).not.toContain('"level":"warn"');
});

test('a key is requeued after the time in its reconcile’s result', async () => {
  await run([() => ({ requeueAfterMs: 1 }), () => undefined]);
});

test('a key whose back-off ends after its deadline is reconciled at the deadline', async () => {
  let looks = 0;
  const { promise: lookedAgain, resolve } = Promise.withResolvers<void>();
  const controller = new Controller({
    ...{ name: 'test', log: createLogger({ write: () => undefined }) },
    dueInMs: () => 20,
    reconcile: async () => {
      if (++looks === 2) resolve();
      throw new Error('broken');
    },
  });
  // So often that the next try would be in 1000 seconds.
  for (let failure = 0; failure < 30; failure++) controller.queue.addRateLimited('ci/a');
  controller.queue.cancelDelayed('ci/a');
  controller.queue.add('ci/a');
  controller.start();
  await lookedAgain;
  await controller.stop();
});

test('stop waits for the reconcile under way', async () => {
  const order: string[] = [];
  let proceed: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (proceed = resolve));
  let entered: () => void;
  const isEntered = new Promise<void>((resolve) => (entered = resolve));
  const controller = new Controller({
    name: 'test',
    log: createLogger({ write: () => undefined }),
    reconcile: async () => {
      entered();
      await gate;
      order.push('reconciled');
      return undefined;
    },
  });
  controller.queue.add('ci/a');
  controller.start();
  await isEntered;
  const stopped = controller.stop().then(() => order.push('stopped'));
  proceed();
  await stopped;
  expect(order).toEqual(['reconciled', 'stopped']);
});
