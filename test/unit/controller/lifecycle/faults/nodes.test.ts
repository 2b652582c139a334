import { describe, expect, test } from '@jest/globals';

import type { Pod } from '../../../../../shared/kubernetes/pod.ts';
import type { LocatedSpan } from '../../../../../shared/otlp/spans.ts';
import { rig, whole } from './stage.ts';
import { standardRun } from './standard-run.ts';
import type { Stage } from './standard-run.ts';
import { attributeOf, expectDone, expectQuiet, expectSpans, named, traceOf } from './trace.ts';

const isPull = ({ span }: LocatedSpan): boolean => span.name.startsWith('image pull');
const SKEW = 'tektrace.clock_skew_ms';

async function play(stages: Stage[]): Promise<LocatedSpan[]> {
  await rig.process();
  await rig.play(stages);
  await rig.until(300);
  expectDone(rig);
  return [...traceOf(rig.collector.stored).values()];
}

describe('a node whose clock is off', () => {
  const withoutSkew = (one: LocatedSpan): LocatedSpan => ({
    ...one,
    span: { ...one.span, attributes: one.span.attributes.filter(({ key }) => key !== SKEW) },
  });

  test.each([30, -30])(
    'by %i s: every span has the time that it has with a right clock, and the offset is said',
    async (skew) => {
      // prettier-ignore
      const spans = await play(standardRun({ skew }));
      const skews = spans.flatMap((one) => attributeOf(one, SKEW) ?? []);
      expect(skews).toEqual(Array.from({ length: 4 }, () => `${-skew * 1000}`));
      rig.collector.stored.splice(0, Infinity, ...spans.map(withoutSkew));
      expectSpans(rig, whole);
    },
  );
});

describe('the kubelet’s Events', () => {
  const stages = standardRun();
  const late = (seconds: number): Stage[] =>
    stages.map((stage) => (stage.plural === 'events' ? { ...stage, at: stage.at + seconds } : stage)).sort((a, b) => a.at - b.at); // prettier-ignore

  test('that are missing leave out the pulls alone', async () => {
    await play(stages.filter(({ plural }) => plural !== 'events'));
    expectSpans(
      rig,
      whole.filter((one) => !isPull(one)),
    );
  });

  test('of which only the first came leave out the pulls alone', async () => {
    await play(stages.filter(({ object }) => !object.metadata.name?.endsWith('Pulled')));
    expectSpans(
      rig,
      whole.filter((one) => !isPull(one)),
    );
  });

  test('that come a few seconds late are there', async () => {
    await play(late(10));
    expectSpans(rig, whole);
  });

  test('that come after their TaskRun’s end are left out, and nothing is sent again', async () => {
    await play(late(200));
    expectSpans(
      rig,
      whole.filter((one) => !isPull(one)),
    );
    await expectQuiet(rig);
  });

  test('that come twice give one span', async () => {
    await play([...stages, ...late(1)].sort((a, b) => a.at - b.at));
    expectSpans(rig, whole);
  });
});

describe('Pods', () => {
  const stages = standardRun();
  const isPod = (name: string) => (stage: Stage) => stage.plural === 'pods' && stage.object.metadata.name === name;

  test('that nobody sees any more leave out what only they know: what is there is the same', async () => {
    const spans = await play(stages.filter(({ plural }) => plural !== 'pods' && plural !== 'events'));
    for (const one of spans) expect(whole).toContainEqual(one);
    const kept = ['RUN build', 'admission', 'queued', 'task fetch', 'task build', 'task test', 'attempt 1', 'attempt 2']; // prettier-ignore
    expect(named(spans, ...kept)).toHaveLength(kept.length);
  });

  test('that end up to 20 s after their TaskRun are waited for', async () => {
    const late = stages.map((stage) => (isPod('fetch-pod')(stage) ? { ...stage, at: 40 } : stage));
    await play(late.sort((a, b) => a.at - b.at));
    expectSpans(rig, whole);
  });

  test('that are deleted right after their end have their spans', async () => {
    await rig.process();
    for (const stage of stages) {
      await rig.play([stage]);
      if (stage.plural !== 'pods') continue;
      rig.api.delete('pods', (stage.object as Pod).metadata.name ?? '');
    }
    await rig.until(300);
    expectDone(rig);
    expectSpans(rig, whole);
  });
});
