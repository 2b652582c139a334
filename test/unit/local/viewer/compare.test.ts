import { describe, expect, test } from '@jest/globals';
import { compareRuns, type ComparedRow, type Comparison } from '../../../../local/viewer/compare.ts';
import { buildWaterfall, type Waterfall } from '../../../../local/viewer/waterfall.ts';
import { exampleTrace, fromService, TRACE_ID, type SpanInput } from './example-trace.ts';

const trace = (...spans: SpanInput[]): Waterfall =>
  buildWaterfall(TRACE_ID, {
    resourceSpans: [fromService('tekton-pipelines', [{ id: 'r', name: 'RUN p', from: 0, to: 10_000 }, ...spans])],
  });
const result = (value: string): Record<string, string> => ({ 'cicd.pipeline.task.run.result': value });
const task = (name: string, ms: number, parent = 'r', outcome = 'success'): SpanInput => ({
  ...{ id: `t${name}`, parent, name: `task ${name}`, from: 0, to: ms },
  attributes: result(outcome),
});
const below = (parent: string, name: string, ms: number, id = `${parent}${name}`): SpanInput => ({
  ...{ id, parent: `t${parent}`, name, from: 0, to: ms },
});
const rowsOf = ({ groups }: Comparison): ComparedRow[] => groups.flatMap(({ rows }) => rows);
const short = (row: ComparedRow): string =>
  `${row.task === undefined ? '' : `${row.task} › `}${row.name}: ${row.before?.durationText ?? '-'} ${row.after?.durationText ?? '-'} ${row.differenceText} ${row.change}`;

describe('the comparison of two runs', () => {
  test('has the tasks that became slower by most first, each with its steps and waits', () => {
    const before = trace(
      task('lint', 1000),
      below('lint', 'step eslint', 900),
      task('test', 4000),
      below('test', 'pod starting', 500),
      below('test', 'step jest', 3000),
      below('test', 'step report', 300),
      task('build', 3000),
    );
    const after = trace(
      task('lint', 1010),
      below('lint', 'step eslint', 905),
      task('test', 6000),
      below('test', 'pod starting', 800),
      below('test', 'step jest', 4700),
      below('test', 'step report', 200),
      task('build', 2000),
    );
    expect(rowsOf(compareRuns(before, after)).map(short)).toEqual([
      'test: 4.00 s 6.00 s +2.00 s slower',
      'test › jest: 3.00 s 4.70 s +1.70 s slower',
      'test › report: 300 ms 200 ms −100 ms faster',
      'test › pod starting: 500 ms 800 ms +300 ms slower',
      'lint: 1.00 s 1.01 s +10 ms same',
      'lint › eslint: 900 ms 905 ms +5 ms same',
      'build: 3.00 s 2.00 s −1.00 s faster',
    ]);
  });

  test('says what was added and removed, and counts it with its whole duration', () => {
    const before = trace(task('old', 2000), task('both', 100));
    const after = trace(task('both', 100), task('new', 3000), below('new', 'step x', 2500));
    expect(rowsOf(compareRuns(before, after)).map(short)).toEqual([
      'new: - 3.00 s added added',
      'new › x: - 2.50 s added added',
      'both: 100 ms 100 ms = same',
      'old: 2.00 s - removed removed',
    ]);
  });

  test('counts attempts of a task together; the last one says the result', () => {
    const attempt = (number: number, ms: number): SpanInput[] => [
      {
        id: `a${number}`,
        parent: 'tflaky',
        name: `attempt ${number}`,
        from: (number - 1) * 1000,
        to: (number - 1) * 1000 + ms,
      },
      {
        ...{
          id: `s${number}`,
          parent: `a${number}`,
          name: 'step jest',
          from: (number - 1) * 1000,
          to: (number - 1) * 1000 + ms,
        },
        attributes: result(number === 1 ? 'failure' : 'success'),
      },
    ];
    const rows = rowsOf(
      compareRuns(
        trace(task('flaky', 1000), ...attempt(1, 1000)),
        trace(task('flaky', 3000), ...attempt(1, 1000), ...attempt(2, 2000)),
      ),
    );
    expect(rows[1]).toMatchObject({
      name: 'jest',
      task: 'flaky',
      after: { times: 2, durationMs: 3000, result: 'success' },
    });
    expect(rows[1]?.before).toMatchObject({ times: 1, result: 'failure' });
  });

  test('knows the tasks of a Pipeline in a Pipeline apart', () => {
    const child: SpanInput = { id: 'c', parent: 'r', name: 'RUN deploy', from: 0, to: 5000 };
    const compared = compareRuns(
      trace(task('build', 100), child, { ...task('build', 200, 'c'), id: 'tinner' }),
      trace(task('build', 100), child, { ...task('build', 900, 'c'), id: 'tinner' }),
    );
    expect(rowsOf(compared).map(short)).toEqual([
      'deploy/build: 200 ms 900 ms +700 ms slower',
      'build: 100 ms 100 ms = same',
    ]);
    expect(compared.groups.map(({ isChanged }) => isChanged)).toEqual([true, false]);
  });

  test('of a run with itself finds nothing, and spans of programs in steps are none of it', () => {
    const waterfall = buildWaterfall(TRACE_ID, exampleTrace);
    const compared = compareRuns(waterfall, waterfall);
    const { change, differenceText } = compared;
    const rows = rowsOf(compared);
    expect([change, differenceText]).toEqual(['same', '=']);
    expect(new Set(rows.map((row) => row.change))).toEqual(new Set(['same']));
    expect(rows.map(({ name }) => name)).not.toContain('npm test');
    expect(rows.filter(({ task: of, kind }) => of === undefined && kind === 'wait').map(({ name }) => name)).toEqual([
      'admission',
      'queued',
    ]);
  });

  test('has both runs, and why one failed', () => {
    const { before, after } = compareRuns(trace(task('x', 1)), buildWaterfall(TRACE_ID, exampleTrace));
    expect(before).toMatchObject({ name: 'RUN p', durationMs: 10_000 });
    expect(after).toMatchObject({ name: 'build-and-test-x7k2p', result: 'failure', durationText: '5.23 s' });
    expect(after.problem).toMatch(/^build-image › push: exit code 1/);
  });
});

describe('what makes a comparison doubtful is said', () => {
  const run = (traceId: string, ...spans: SpanInput[]): Waterfall =>
    buildWaterfall(traceId, { resourceSpans: [fromService('tekton-pipelines', spans)] });
  const root = (name: string): SpanInput => ({ id: 'r', name: `RUN ${name}`, from: 0, to: 10 });
  const [first, second] = ['1'.padStart(32, '0'), '2'.padStart(32, '0')];

  test.each<[string, Waterfall, Waterfall, string[]]>([
    ['two runs of one Pipeline', run(first, root('p')), run(second, root('p')), []],
    ['a run with itself', run(first, root('p')), run(first, root('p')), ['Both are the same run.']],
    [
      'runs of two Pipelines',
      run(first, root('build')),
      run(second, root('deploy')),
      ['They are runs of different things: build and deploy.'],
    ],
    [
      'a run that goes on',
      run(first, root('p')),
      run(second, { ...task('a', 5), attributes: { pipelinerun: 'p-2' } }),
      ['p-2 has not ended: of it there is only what has ended by now.'],
    ],
  ])('%s', (_title, before, after, caveats) => {
    expect(compareRuns(before, after).caveats).toEqual(caveats);
  });

  test('very many tasks are compared in a moment', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => ({ ...task(`${index}`, 5), id: `t${index}` }));
    const waterfall = run(first, root('p'), ...many);
    expect(compareRuns(waterfall, waterfall).groups).toHaveLength(20_000);
  });
});
