import { describe, expect, test } from '@jest/globals';

import { ApiError, ConnectionError } from '../../../../../shared/kubernetes/errors.ts';
import { pipelineRun } from '../objects.ts';
import { status } from './rig.ts';
import { rig, whole } from './stage.ts';
import { ADMITTED, RUN, standardRun } from './standard-run.ts';
import type { Stage } from './standard-run.ts';
import { attributeOf, expectDone, expectQuiet, expectSpans, named, traceOf } from './trace.ts';

async function expectWhole(): Promise<void> {
  await rig.until(260);
  expectDone(rig);
  expectSpans(rig, whole);
  await expectQuiet(rig);
}

/** Plays the run; at a second of it something happens. */
async function playWith(happenings: [at: number, happens: () => void][]): Promise<void> {
  const stages: { at: number; happens: () => void }[] = [
    ...standardRun().map((stage) => ({ at: stage.at, happens: () => rig.put(stage) })),
    ...happenings.map(([at, happens]) => ({ at, happens })),
  ];
  for (const { at, happens } of stages.sort((a, b) => a.at - b.at)) {
    await rig.until(at);
    happens();
  }
}

describe('an API server that goes away and comes back', () => {
  test.each([
    ['while the run is admitted and started', 0.5, 12],
    ['while a TaskRun ends', 18, 30],
    ['for a minute, while a task is retried', 30, 90],
    ['while the last TaskRun and the run end', 139.5, 160],
  ])('%s', async (_what, from, to) => {
    await rig.process();
    let back = (): void => undefined;
    await playWith([
      [from, () => (back = rig.away())],
      [to, () => back()],
    ]);
    await expectWhole();
  });

  test('from the acceptance of the root until after a minute: the mark follows', async () => {
    await rig.process();
    rig.after = (index) => {
      if (!rig.sent[index]?.what.includes('RUN build')) return;
      const back = rig.away();
      setTimeout(back, 60_000);
    };
    await rig.play(standardRun());
    await expectWhole();
    expect(rig.sent.filter(({ what }) => what.includes('RUN build'))).toHaveLength(1);
  });
});

describe('watches', () => {
  const gone = new ApiError('GET', 410, { kind: 'Status', reason: 'Expired', message: 'too old resource version', code: 410 }); // prettier-ignore
  test.each<[string, Error | undefined]>([
    ['end', undefined],
    ['break', new ConnectionError('GET', new Error('socket hang up'))],
    ['are refused as too old', gone],
  ])('that %s every 3 s lose nothing', async (_what, error) => {
    await rig.process();
    const cuts = Array.from({ length: 50 }, (_, index) => index * 3 + 0.2);
    await playWith(cuts.map((at) => [at, () => rig.cut(error)]));
    await expectWhole();
  });

  test.each([
    ['taskruns', 15, 130],
    ['taskruns', 130, 165],
    ['pipelineruns', 2, 130],
    ['pipelineruns', 120, 200],
    ['pods', 15, 45],
    ['pods', 135, 165],
    ['events', 0, 18],
  ])('of %s that bring nothing from %i s to %i s', async (plural, from, to) => {
    await rig.process();
    await playWith([
      [from + 0.5, () => void rig.held.add(plural)],
      [to, () => rig.release()],
    ]);
    await expectWhole();
  });
});

describe('a mark', () => {
  const isMark = (body: unknown): boolean => JSON.stringify(body ?? {}).includes('tekton/trace-exported":"uid');

  test.each<[string, () => Error]>([
    ['met a conflict', () => status(409, 'Conflict')],
    ['failed with 500', () => status(500, 'InternalError')],
    ['was lost on its way', () => new ConnectionError('PATCH', new Error('socket hang up'))],
  ])('that %s for a minute is written later, and nothing is sent again', async (_what, error) => {
    await rig.process();
    rig.failRequest = (method, _path, body) => (method === 'PATCH' && isMark(body) ? error() : undefined);
    await playWith([[200, () => (rig.failRequest = () => undefined)]]);
    await expectWhole();
    expect(rig.collector.requests).toBe(6);
  });

  test('that is refused for good is not tried again; the next process sends the same once more', async () => {
    const refused = status(403, 'Forbidden', 'admission webhook "policy" denied the request');
    rig.failRequest = (method, _path, body) => (method === 'PATCH' && isMark(body) ? refused : undefined);
    const first = await rig.process();
    await rig.play(standardRun());
    await rig.until(200);
    expect(rig.collector.requests).toBe(6);
    expect(rig.sent.filter(({ to }) => to === 'api')).toHaveLength(4);
    await first.end();
    rig.failRequest = () => undefined;
    await rig.process();
    await expectWhole();
  });

  const onRootAccepted = (happens: () => void): void => {
    rig.after = (index) => {
      if (rig.sent[index]?.what.includes('RUN build')) happens();
    };
  };
  const remove = (): void => {
    rig.api.delete('pipelineruns', RUN);
    for (const name of ['fetch', 'build', 'test']) rig.api.delete('taskruns', `${RUN}-${name}`);
  };

  test('of a run that was deleted after its export is not written, and nothing fails', async () => {
    await rig.process();
    onRootAccepted(remove);
    await rig.play(standardRun());
    await rig.until(200);
    expectSpans(rig, whole);
    await expectQuiet(rig);
    expect(rig.warnings).toEqual([]);
  });

  test('of a run that was deleted after its export and made again never lands on the new one', async () => {
    await rig.process();
    onRootAccepted(() => {
      remove();
      rig.api.put('pipelineruns', pipelineRun(undefined, { uid: 'uid-again', annotations: ADMITTED }));
    });
    await rig.play(standardRun());
    await rig.until(200);
    expect(rig.api.get('pipelineruns', RUN).metadata).toMatchObject({ uid: 'uid-again', annotations: ADMITTED });
    expect(rig.mark('pipelineruns', RUN)).toBeUndefined();
    expect(rig.problems).toEqual([]);
  });
});

describe('a run that is deleted', () => {
  const all: [Stage['plural'], string][] = [
    ['pipelineruns', RUN],
    ['taskruns', `${RUN}-fetch`],
    ['taskruns', `${RUN}-build`],
    ['taskruns', `${RUN}-test`],
  ];
  const remove = (): void => {
    for (const [plural, name] of all) if (rig.api.get(plural, name)) rig.api.delete(plural, name);
  };

  test('while the collector is away for an hour has its whole trace when it is back', async () => {
    await rig.process();
    await rig.collector.close();
    await rig.play(standardRun());
    await rig.until(160);
    remove();
    await rig.until(3600);
    await rig.collector.open();
    await rig.until(3700);
    expectSpans(rig, whole);
  });

  test('while the collector is away for longer is dropped an hour later, and the log says so', async () => {
    await rig.process();
    await rig.collector.close();
    await rig.play(standardRun());
    await rig.until(160);
    remove();
    await rig.until(3800);
    await rig.collector.open();
    await rig.until(3900);
    expect(rig.collector.stored).toEqual([]);
    expect(rig.warnings.filter((line) => line.includes('no collector accepted them for an hour'))).toHaveLength(4);
  });

  test('while its watch is cut has its whole trace', async () => {
    await rig.process();
    await rig.play(standardRun());
    const back = rig.away();
    remove();
    await rig.until(160);
    back();
    await rig.until(260);
    expectSpans(rig, whole);
  });

  test('while it runs has one root, a cancellation, above all that it had', async () => {
    await rig.process();
    await rig.play(standardRun().filter(({ at }) => at < 100));
    remove();
    await rig.until(200);
    const spans = [...traceOf(rig.collector.stored).values()];
    const ids = new Set(spans.map(({ span }) => span.spanId));
    const roots = spans.filter(({ span }) => !ids.has(span.parentSpanId ?? ''));
    expect(roots.map((root) => [root.span.name, attributeOf(root, 'error.type')])).toEqual([['RUN build', 'deleted']]);
    const kept = ['task fetch', 'task build', 'attempt 1', 'attempt 2', 'admission', 'queued'];
    expect(named(spans, ...kept)).toEqual(expect.arrayContaining(named(whole, ...kept)));
  });
});
