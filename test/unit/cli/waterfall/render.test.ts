import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { displayWidth } from '../../../../cli/waterfall/display-width.ts';
import { renderWaterfall, type WaterfallOptions } from '../../../../cli/waterfall/render.ts';
import { createStyle } from '../../../../cli/waterfall/style.ts';
import { waterfallOf } from '../../../../cli/waterfall/waterfall-of.ts';
import type { TracesData } from '../../../../shared/otlp/types.ts';
import { exampleTrace, fromService, lifecycle, TRACE_ID, type SpanInput } from '../../local/viewer/example-trace.ts';
import { fc } from '../../../support/property.ts';

const plain: WaterfallOptions = { width: 80, style: createStyle({ color: false, unicode: true }) };
const ascii: WaterfallOptions = { width: 80, style: createStyle({ color: false, unicode: false }) };
const render = (trace: TracesData, options: WaterfallOptions): string => renderWaterfall(waterfallOf(trace), options);
const run = (...spans: SpanInput[]): TracesData => ({ resourceSpans: [fromService('tekton-pipelines', spans)] });
const small = run(
  {
    id: 'r',
    name: 'RUN p',
    from: 0,
    to: 1000,
    attributes: { pipelinerun: 'p-1', 'cicd.pipeline.result': 'failure' },
    error: 'Failed',
  },
  { id: 'q', parent: 'r', name: 'queued', from: 0, to: 250 },
  {
    id: 't',
    parent: 'r',
    name: 'task t',
    from: 250,
    to: 1000,
    attributes: { 'cicd.pipeline.task.run.result': 'failure' },
    error: 'Failed',
  },
  { id: 's', parent: 't', name: 'step s', from: 500, to: 1000, attributes: { 'process.exit.code': 3 }, error: 'boom' },
);

test('a failed run: header, tree, bars in their time, the reason at the step', () => {
  expect(render(small, { ...plain, width: 60 })).toBe(
    [
      'p-1 · failure · 1.00 s',
      `trace ${TRACE_ID}`,
      '                      0 ───────────────────────────── 1.00 s',
      '✗ RUN p       1.00 s  ██████████████████████████████████████',
      '  ├ queued    250 ms  ░░░░░░░░░░',
      '✗ └ task t    750 ms           █████████████████████████████',
      '✗   └ step s  500 ms   exit code 3: boom ███████████████████',
      '',
    ].join('\n'),
  );
});

test('colour adds nothing but colour', () => {
  const coloured = render(exampleTrace, { ...plain, style: createStyle({ color: true, unicode: true }) });
  expect(coloured).not.toBe(render(exampleTrace, plain));
  expect(stripVTControlCharacters(coloured)).toBe(render(exampleTrace, plain));
});

test('without Unicode every byte is ASCII', () => {
  const [, ...unfinished] = lifecycle;
  // eslint-disable-next-line no-control-regex
  expect(render(run(...unfinished), ascii)).toMatch(/^[\x00-\x7f]*$/);
  // eslint-disable-next-line no-control-regex
  expect(render(exampleTrace, ascii)).toMatch(/^[\x00-\x7f]*$/);
});

test.each([
  ['failure', 'x'],
  ['error', '!'],
  ['timeout', 'T'],
  ['cancellation', 'c'],
  ['skip', '-'],
])('without colour the result %s has the mark %p', (result, mark) => {
  const text = render(
    run({ id: 'a', name: 'task a', from: 0, to: 1, attributes: { 'cicd.pipeline.task.run.result': result } }),
    ascii,
  );
  expect(text).toMatch(new RegExp(`^${mark} task a`, 'm'));
});

describe('controller functions', () => {
  test('are one line with their count and time, and the failing ones', () => {
    const text = render(exampleTrace, plain);
    expect(text).toContain('  controllers: 8 reconciles, 272 ms together, 24 spans, 2 spans with an error\n');
    expect(text).toContain('    ! 2 times updateStatus: Conflict: the object has been modified (409)\n');
    expect(text).not.toContain('ReconcileKind:');
  });

  test('that took longest by themselves are named, with their calls', () => {
    expect(render(exampleTrace, plain)).toMatch(
      /\n {2}controllers: [^\n]+\n {4}pipelinerun reconcile +95 ms in 5 calls, longest 19 ms\n {4}taskrun reconcile +57 ms in 3 calls, longest 19 ms\n/,
    );
  });

  test('that were left out are counted, and a line that is too long loses its last fact instead of a half of it', () => {
    const spans: SpanInput[] = [
      {
        ...{ id: 'reconcile', name: 'PipelineRun:ReconcileKind', from: 0, to: 900 },
        attributes: { 'tektrace.spans.omitted': 1159 },
      },
      { id: 'put', parent: 'reconcile', name: 'PUT pipelineruns/status', kind: 3, from: 10, to: 30 },
    ];
    const trace: TracesData = { resourceSpans: [...small.resourceSpans, fromService('pipelinerun-reconciler', spans)] };
    const text = render(trace, { ...plain, width: 60 });
    expect(text).toContain('  controllers: 1 reconcile, 900 ms together, 2 spans\n    without 1159 spans\n');
    expect(text).toContain('\n    pipelinerun PUT pipelineruns/status  20 ms in 1 call\n');
    expect(text).not.toContain('pipelinerun PipelineRun:ReconcileKind');
  });

  test('of refused requests are drawn with the status', () => {
    const refused = { 'http.response.status_code': 403 };
    const request: SpanInput = { id: 'p', name: 'POST pods', from: 0, to: 1, attributes: refused, error: '' };
    const trace: TracesData = { resourceSpans: [...small.resourceSpans, fromService('taskrun-reconciler', [request])] };
    expect(render(trace, plain)).toContain('    ! POST pods: HTTP 403\n');
  });

  test('are drawn in their places when asked for', () => {
    const text = render(exampleTrace, { ...plain, controllerSpans: true });
    expect(text.match(/ReconcileKind/g)).toHaveLength(8);
    expect(text).not.toContain('controllers:');
  });
});

test('a name cannot send escape sequences, new lines or direction changes to the terminal', () => {
  const name = 'task \u001b[2J\u001b]0;owned\u0007a\nb\r\u202ec\u009b31m';
  const text = render(run({ id: 'a', name, from: 0, to: 1, error: '\u001b[1mred\n' }), plain);
  expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  const harmless = run({ id: 'a', name: `task ${'n'.repeat(24)}`, from: 0, to: 1, error: '.[1mred' });
  expect(text.split('\n')).toHaveLength(render(harmless, plain).split('\n').length);
});

test('no line is wider than the terminal, for any names and times', () => {
  const name = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('step 日本語テスト', 'task 🚀🚀🚀', 'x'.repeat(300)),
  );
  const span = fc.record({
    name,
    from: fc.nat(10_000_000),
    to: fc.nat(10_000_000),
    parent: fc.option(fc.nat(8), { nil: undefined }),
  });
  fc.assert(
    fc.property(
      fc.array(span, { maxLength: 8 }),
      fc.integer({ min: 40, max: 200 }),
      fc.boolean(),
      (spans, width, unicode) => {
        const trace = run(
          ...spans.map(({ parent, ...rest }, index) => ({
            id: String(index),
            error: rest.name,
            ...rest,
            ...(parent !== undefined && { parent: String(parent) }),
          })),
        );
        for (const line of render(trace, { width, style: createStyle({ color: false, unicode }) }).split('\n')) {
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('an unfinished run is marked', () => {
  const [, ...rest] = lifecycle;
  const text = render(run(...rest), plain);
  expect(text).toContain("not finished: the run's own span has not arrived");
  expect(text).toMatch(/^~ running…/m);
});

test('of very many spans inside a step the first are drawn and the others counted', () => {
  const spans = Array.from({ length: 50 }, (_, index): SpanInput => ({
    id: `o${index}`,
    parent: 's',
    name: `call ${index}`,
    from: 500 + index,
    to: 600,
  }));
  const text = render({ resourceSpans: [...small.resourceSpans, fromService('app', spans)] }, plain);
  expect(text.match(/call \d+/g)).toHaveLength(20);
  expect(text).toContain('… 30 more spans');
});

test('no span is a sentence', () => {
  expect(render({ resourceSpans: [] }, plain)).toBe('The trace has no spans.\n');
});

describe('a run of more than ten tasks', () => {
  const task = (index: number): SpanInput[] => [
    {
      ...{ id: `t${index}`, parent: 'r', name: `task t${index}`, from: 0, to: 1000 },
      ...(index === 11 && { error: 'Failed' }),
      attributes: { 'cicd.pipeline.task.run.result': index === 11 ? 'failure' : 'success' },
    },
    { id: `w${index}`, parent: `t${index}`, name: 'pod starting', from: 0, to: 500 },
    {
      ...{ id: `s${index}`, parent: `t${index}`, name: `step s${index}`, from: 500, to: 1000 },
      ...(index === 11 && { error: 'boom' }),
    },
  ];
  const root: SpanInput = { id: 'r', name: 'RUN p', from: 0, to: 1000, error: 'Failed' };
  const many = run(
    root,
    { id: 'q', parent: 'r', name: 'queued', from: 0, to: 9 },
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].flatMap(task),
  );

  test('is drawn without the steps, with the wait for the first step at the front of each bar', () => {
    const lines = render(many, { ...plain, width: 60 }).split('\n');
    expect(lines.filter((line) => line.includes('step') && !line.includes('longest'))).toEqual([
      expect.stringMatching(/^! │ └ step s11 /),
      '  more than ten tasks: --full draws their steps',
    ]);
    expect(lines.find((line) => line.includes('task t1 '))).toMatch(/ (░+)█+$/);
    expect(lines.some((line) => line.includes('queued'))).toBe(true);
    expect(lines.some((line) => line.includes('pod starting'))).toBe(false);
  });

  test('names the longest tasks and steps, the longest first, and as many as have room', () => {
    const slow: SpanInput[] = [
      { id: 't12', parent: 'r', name: 'task t12', from: 0, to: 3000 },
      { id: 's12', parent: 't12', name: 'step s12', from: 2800, to: 3000 },
      { id: 't13', parent: 'r', name: 'task t13', from: 0, to: 2000 },
      { id: 's13', parent: 't13', name: 'step s13', from: 1000, to: 2000 },
      {
        id: 'skipped',
        parent: 'r',
        name: 'task t14',
        from: 0,
        to: 9000,
        attributes: { 'cicd.pipeline.task.run.result': 'skip' },
      },
    ];
    const trace = run(root, ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap(task), ...slow);
    const text = render(trace, plain);
    expect(text).toContain('\n  longest tasks: t12 3.00 s, t13 2.00 s, t1 1.00 s\n');
    expect(text).toContain('\n  longest steps: t13 › s13 1.00 s, t1 › s1 500 ms, t10 › s10 500 ms\n');
    expect(render(trace, { ...plain, width: 40 })).toContain(
      '\n  longest tasks: t12 3.00 s, t13 2.00 s\n  longest steps: t13 › s13 1.00 s\n',
    );
    expect(render(trace, { ...plain, full: true })).not.toContain('longest steps');
  });

  test('is drawn with its steps when that is asked for', () => {
    const text = render(many, { ...plain, full: true });
    expect(text.match(/step s\d+/g)).toHaveLength(11);
    expect(text).not.toContain('--full');
  });
});
