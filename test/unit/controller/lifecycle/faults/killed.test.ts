import { describe, expect, test } from '@jest/globals';

import { rig, whole } from './stage.ts';
import { RUN, standardRun } from './standard-run.ts';
import { expectDone, expectQuiet, expectSpans } from './trace.ts';

/** What an undisturbed run sends, in this order (collector.test.ts). */
const SENT = [
  'the export of `admission`',
  'the export of `queued`',
  'the export of a TaskRun',
  'the export of a TaskRun with retries',
  'the mark of a TaskRun',
  'the mark of a TaskRun with retries',
  'the export of the last TaskRun',
  'the export of the root',
  'the mark of the run',
];
/** From the end of a process to the start of the next one. */
const RESTART_MS = 15_000;

const restart = (): void => void setTimeout(() => void rig.process(), RESTART_MS);

async function expectWhole(): Promise<void> {
  await rig.until(300);
  expectDone(rig);
  expectSpans(rig, whole);
  await expectQuiet(rig);
}

describe('kill -9, and another process 15 s later', () => {
  const moments = SENT.flatMap((what, index) => [['before', what, index] as const, ['after', what, index] as const]);
  test.each(moments)('%s %s', async (when, _what, index) => {
    const process = await rig.process();
    rig[when] = (sent) => {
      if (sent !== index) return;
      process.kill();
      restart();
      if (when === 'before') throw new Error('killed');
    };
    await rig.play(standardRun());
    await expectWhole();
  });

  const stages = standardRun().map(({ at, object }, index) => [`${at} s: ${object.metadata.name}`, index] as const);
  test.each(stages)('while it settles, at %s', async (_what, index) => {
    const process = await rig.process();
    await rig.play(standardRun().slice(0, index));
    const stage = standardRun()[index]!;
    await rig.until(stage.at);
    rig.put(stage);
    process.kill();
    restart();
    await rig.play(standardRun().slice(index + 1));
    await expectWhole();
  });

  test('again and again, every 7 s', async () => {
    let process = await rig.process();
    const again = (): void => {
      process.kill();
      void rig.process().then((next) => (process = next));
      if (Date.now() < Date.UTC(2026, 4, 1, 10, 4)) setTimeout(again, 7_000);
    };
    setTimeout(again, 7_000);
    await rig.play(standardRun());
    await rig.until(320);
    expectDone(rig);
    expectSpans(rig, whole);
  });
});

describe('two processes at once', () => {
  test('both take themselves for the leader, from the beginning', async () => {
    await rig.process();
    await rig.process();
    await rig.play(standardRun());
    await expectWhole();
  });

  test('the second joins while the run runs, and its watches of Pods are behind', async () => {
    await rig.process();
    await rig.play(standardRun().filter(({ at }) => at <= 30));
    await rig.process();
    rig.held.add('pods');
    await rig.play(standardRun().filter(({ at }) => at > 30 && at <= 62));
    rig.release();
    await rig.play(standardRun().filter(({ at }) => at > 62));
    await expectWhole();
  });
});

test('SIGTERM in every stage: the next process goes on', async () => {
  for (const [index, stage] of standardRun().entries()) {
    if (index > 0) rig.put(standardRun()[index - 1]!);
    await rig.until(stage.at);
    const process = await rig.process();
    rig.put(stage);
    await rig.until(stage.at + 0.5);
    await process.end();
  }
  await rig.process();
  await expectWhole();
  expect(rig.mark('pipelineruns', RUN)).toBe('uid-run');
});
