import { describe, expect, test } from '@jest/globals';
import { perfettoTrace, type TraceEvent } from '../../../../../local/viewer/download/perfetto.ts';
import { waterfallSvg } from '../../../../../local/viewer/download/svg.ts';
import { buildWaterfall } from '../../../../../local/viewer/waterfall.ts';
import { exampleTrace, fromService, TRACE_ID } from '../example-trace.ts';

const waterfall = buildWaterfall(TRACE_ID, exampleTrace);

describe('the trace for Perfetto', () => {
  const { traceEvents, otherData } = perfettoTrace(waterfall);
  const spans = traceEvents.filter(({ ph }) => ph === 'X');
  const nameOf = (kind: string, { pid, tid }: Pick<TraceEvent, 'pid' | 'tid'>): unknown =>
    traceEvents.find((one) => one.name === kind && one.pid === pid && (kind === 'process_name' || one.tid === tid))
      ?.args['name'];

  test('has every span, in microseconds after the start', () => {
    expect(spans).toHaveLength(waterfall.spanCount);
    expect(spans.find(({ name }) => name === 'step push')).toMatchObject({
      ...{ ts: 4_020_000, dur: 440_000, cat: 'step' },
      args: { 'process.exit.code': '1', result: 'failure', 'container.image.name': 'buildah:1.42' },
    });
    expect(otherData).toEqual({ traceId: TRACE_ID, start: new Date(waterfall.startUnixMs).toISOString() });
  });

  test('has the run as a process with a track for each task, and each controller as another', () => {
    const find = (name: string): TraceEvent => spans.find((one) => one.name === name)!;
    expect(nameOf('process_name', find('step push'))).toBe('build-and-test-x7k2p');
    expect(nameOf('thread_name', find('step push'))).toBe('task build-image');
    expect(nameOf('thread_name', find('admission'))).toBe('run');
    expect(nameOf('process_name', find('PipelineRun:ReconcileKind'))).toBe('pipelinerun-reconciler');
    expect(find('step test').tid).toBe(find('task unit-tests').tid);
  });

  test('has what a function called below it, also where another one of the service ran at the time', () => {
    const both = [
      { id: 'a', name: 'first', from: 0, to: 100 },
      { id: 'b', name: 'second', from: 50, to: 150 },
      { id: 'c', parent: 'b', name: 'called by second', from: 60, to: 70 },
    ];
    const trace = buildWaterfall(TRACE_ID, { resourceSpans: [fromService('taskrun-reconciler', both)] });
    const events = perfettoTrace(trace).traceEvents.filter(({ ph }) => ph === 'X');
    const tidOf = (name: string): number | undefined => events.find((one) => one.name === name)?.tid;
    expect(tidOf('called by second')).toBe(tidOf('second'));
    expect(tidOf('second')).not.toBe(tidOf('first'));
  });

  test('has no two events of a thread that overlap only in part', () => {
    for (const tid of new Set(spans.map((one) => one.tid))) {
      const all = spans.filter((one) => one.tid === tid);
      for (const [a, b] of all.flatMap((one) => all.map((other) => [one, other] as const))) {
        const [start, end] = [Math.max(a.ts!, b.ts!), Math.min(a.ts! + a.dur!, b.ts! + b.dur!)];
        const inner = Math.min(a.dur!, b.dur!);
        expect([a.name, b.name, end <= start || end - start === inner]).toEqual([a.name, b.name, true]);
      }
    }
  });
});

describe('the picture', () => {
  test('has a bar for each row but those of controllers', () => {
    const svg = waterfallSvg(waterfall);
    expect(svg.match(/<rect x=/g)).toHaveLength(
      waterfall.rows.filter(({ category }) => category !== 'controller').length,
    );
    expect(svg).toContain('>build-and-test-x7k2p</text>');
    expect(svg).toContain(`failure · 5.23 s · ${new Date(waterfall.startUnixMs).toISOString()}`);
    expect(svg).not.toContain('updateStatus');
  });

  test('is XML with nothing in it that runs or loads, whatever the names are', () => {
    const hostile = `</text><script>alert(1)</script>&"'<image href="http://x"/>\u0000\ud800 onload=`;
    const svg = waterfallSvg(
      buildWaterfall(TRACE_ID, {
        resourceSpans: [
          fromService('tekton-pipelines', [
            { id: 'r', name: `RUN ${hostile}`, from: 0, to: 5, error: hostile, attributes: { pipelinerun: hostile } },
          ]),
        ],
      }),
    );
    expect([...svg.matchAll(/<\/?([a-z]+)/g)].map(([, tag]) => tag)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:script|image|a|foreign)/)]),
    );
    // eslint-disable-next-line no-control-regex -- what XML does not have
    expect(svg).not.toMatch(/[\u0000-\u0008]/);
    expect(svg.isWellFormed()).toBe(true);
    const tags = [...svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)];
    const open: string[] = [];
    for (const [, closes, tag = '', isEmpty] of tags) {
      if (closes) expect(open.pop()).toBe(tag);
      else if (!isEmpty) open.push(tag);
    }
    expect(open).toEqual([]);
  });

  test('of an empty trace is a picture, too', () => {
    expect(waterfallSvg(buildWaterfall(TRACE_ID, { resourceSpans: [] }))).toMatch(/^<svg [^]*<\/svg>\n$/);
  });
});
