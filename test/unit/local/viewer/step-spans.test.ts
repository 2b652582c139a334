import { expect, test } from '@jest/globals';
import { buildWaterfall, type Waterfall } from '../../../../local/viewer/waterfall.ts';
import type { WaterfallRow } from '../../../../local/viewer/row.ts';
import { SPAN_ID_TAKEN, withSender } from '../../../../shared/otlp/sender.ts';
import { locateSpans } from '../../../../shared/otlp/spans.ts';
import type { TracesData } from '../../../../shared/otlp/types.ts';
import { exampleTrace, fromService, lifecycle, spanId, TRACE_ID, type SpanInput } from './example-trace.ts';

const OTHER_TRACE = 'f'.repeat(32);
const sender = (id: string, container = 'step-test') => ({
  ...{ traceId: TRACE_ID, spanId: spanId(id), namespace: 'default', pod: 'unit-pod', container },
});
const sent = (service: string, spans: Partial<SpanInput>[], from = sender('unit-2')): TracesData =>
  withSender(
    {
      resourceSpans: [
        fromService(
          service,
          spans.map((span) => ({ id: 'x', name: span.id ?? 'x', from: 1300, to: 1400, ...span })),
        ),
      ],
    },
    from,
  );
const draw = (own: TracesData, ...steps: TracesData[]): Waterfall =>
  buildWaterfall(TRACE_ID, {
    resourceSpans: [...steps.flatMap(({ resourceSpans }) => resourceSpans), ...own.resourceSpans],
  });
const row = ({ rows }: Waterfall, name: string): WaterfallRow => {
  const found = rows.find((one) => one.name === name);
  if (!found) throw new Error(`no row ${name}`);
  return found;
};
const above = (waterfall: Waterfall, name: string): string | undefined =>
  waterfall.rows[row(waterfall, name).parent]?.name;
const run: TracesData = { resourceSpans: [fromService('tekton-pipelines', lifecycle)] };

test('spans that a step sent stand below it, those without a parent or with a missing one, too', () => {
  const spans = [{ id: 'a', parent: 'unit-2' }, { id: 'b', parent: 'a' }, { id: 'c' }, { id: 'd', parent: 'gone' }];
  const waterfall = draw(run, sent('make', spans));
  expect(['a', 'b', 'c', 'd'].map((name) => above(waterfall, name))).toEqual([
    'step test',
    'a',
    'step test',
    'step test',
  ]);
  expect(['a', 'b', 'c'].flatMap((name) => row(waterfall, name).warnings)).toEqual([]);
  expect(row(waterfall, 'd').warnings).toEqual([`its parent ${spanId('gone')} is not in the trace`]);
});

test('one that claims to be of the product is what it is, and changes nothing of the run', () => {
  const claims: Partial<SpanInput>[] = [
    { id: 'evil', name: 'RUN evil', attributes: { pipelinerun: 'evil', 'cicd.pipeline.result': 'success' } },
    { id: 'evil2', name: 'PipelineRun:ReconcileKind', parent: 'evil' },
    { id: 'long', from: -1e9, to: 1e9 },
  ];
  const plain = draw(run);
  for (const service of ['tekton-pipelines', 'pipelinerun-reconciler']) {
    const waterfall = draw(run, sent(service, claims));
    expect(claims.map(({ name = 'long' }) => row(waterfall, name).category)).toEqual(['other', 'other', 'other']);
    const facts = [
      'title',
      'runName',
      'namespace',
      'result',
      'startUnixMs',
      'durationMs',
      'finished',
      'controller',
    ] as const;
    for (const fact of facts) expect(waterfall[fact]).toEqual(plain[fact]);
    const offsets = new Map(waterfall.rows.map(({ id, offsetMs }) => [id, offsetMs]));
    for (const { id, offsetMs } of plain.rows) expect(offsets.get(id)).toBe(offsetMs);
  }
});

test('times outside the run are drawn cut to it, with a warning; what the span says of its length stays', () => {
  const long = row(draw(run, sent('make', [{ id: 'long', from: -1000, to: 9000, parent: 'unit-2' }])), 'long');
  expect(long).toMatchObject({ offsetMs: 0, durationMs: 5230, durationText: '10.00 s' });
  expect(long.warnings).toEqual(["its times are not within the run's, and are drawn cut to them"]);
});

test('a late span, after its step and within the run, stands below its step as it is', () => {
  const late = row(draw(run, sent('make', [{ id: 'late', from: 3000, to: 5000, parent: 'unit-2' }])), 'late');
  expect(late).toMatchObject({ offsetMs: 3000, durationMs: 2000, warnings: [] });
});

test('spans of another trace stand below the step that sent them, marked, with their own tree', () => {
  const spans = [
    { id: 'a', traceId: OTHER_TRACE },
    { id: 'b', traceId: OTHER_TRACE, parent: 'a' },
    { id: 'unit', traceId: OTHER_TRACE, name: 'same id', parent: 'root' },
  ];
  const waterfall = draw(run, sent('make', spans));
  expect(['a', 'b', 'same id'].map((name) => above(waterfall, name))).toEqual(['step test', 'a', 'step test']);
  expect(row(waterfall, 'b').apart).toBe('another trace');
  expect(row(waterfall, 'b').warnings).toEqual([
    `container step-test of Pod unit-pod sent it as a span of trace ${OTHER_TRACE}, which is not the run's`,
  ]);
  expect(above(waterfall, 'step test')).toBe('task unit-tests');
});

test("a span with the id of one of the run's takes nothing from that one", () => {
  const forged = sent('make', [{ id: 'unit-2', name: 'forged', parent: 'root' }]);
  for (const { span } of locateSpans(forged)) span.attributes.push(SPAN_ID_TAKEN);
  const waterfall = draw(exampleTrace, forged);
  expect(above(waterfall, 'npm test')).toBe('step test');
  expect(row(waterfall, 'forged')).toMatchObject({ apart: 'span id of the run' });
});

test('one that hangs below what another container made says who sent it', () => {
  const waterfall = draw(
    run,
    sent('make', [{ id: 'a', parent: 'unit-2' }]),
    sent('make', [{ id: 'b', parent: 'a' }], sender('unit-1', 'step-install')),
  );
  expect(above(waterfall, 'b')).toBe('a');
  expect(row(waterfall, 'b').warnings).toEqual(['container step-install of Pod unit-pod sent it']);
});

test("while the run goes on, a step's spans are below what stands for the run, and are no root of it", () => {
  const waterfall = draw(
    {
      resourceSpans: [
        fromService('pipelinerun-reconciler', [
          { id: 'r', parent: 'root', name: 'PipelineRun:ReconcileKind', from: 60, to: 90 },
        ]),
      ],
    },
    sent('make', [{ id: 'a' }, { id: 'b', parent: 'unit-2' }]),
  );
  expect(waterfall.finished).toBe(false);
  expect(['a', 'b'].map((name) => above(waterfall, name))).toEqual(['running…', 'running…']);
});

test('parents that run in a circle stay below the step', () => {
  const waterfall = draw(
    run,
    sent('make', [
      { id: 'a', parent: 'b' },
      { id: 'b', parent: 'a' },
      { id: 'c', parent: 'c' },
    ]),
  );
  expect(waterfall.rows).toHaveLength(lifecycle.length + 3);
});

test('an error inside a step does not hide why the step failed', () => {
  const waterfall = draw(
    run,
    sent('make', [{ id: 'push', parent: 'img-2', error: 'boom' }], sender('img-2', 'step-push')),
  );
  expect(row(waterfall, 'step push').isOrigin).toBe(true);
  expect(row(waterfall, 'push').isOrigin).toBe(true);
});
