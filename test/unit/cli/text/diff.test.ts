import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { diffText } from '../../../../cli/text/diff-text.ts';
import { namedTrace, traceInFile } from '../../../../cli/traces/named-trace.ts';
import { createStyle } from '../../../../cli/waterfall/style.ts';
import { compareRuns } from '../../../../local/viewer/compare.ts';
import { buildWaterfall } from '../../../../local/viewer/waterfall.ts';
import type { TracesData } from '../../../../shared/otlp/types.ts';
import { exampleTrace, fromService, TRACE_ID } from '../../local/viewer/example-trace.ts';

const OTHER = '2'.repeat(32);
const paintOf = (width: number, unicode = true) => ({
  ...{ bold: String, dim: String, red: String, green: String, width },
  style: createStyle({ color: false, unicode }),
});
const plain = paintOf(100);

/** The example as another run, whose tests take a second longer. */
function slower(): TracesData {
  const trace = structuredClone(exampleTrace);
  for (const { spans } of trace.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)) {
    for (const span of spans) {
      span.traceId = OTHER;
      if (/unit-tests|step test|RUN/.test(span.name))
        span.endTimeUnixNano = String(BigInt(span.endTimeUnixNano) + 1_000_000_000n);
    }
  }
  return trace;
}

describe('the comparison as text', () => {
  const comparison = compareRuns(buildWaterfall(TRACE_ID, exampleTrace), buildWaterfall(OTHER, slower()));

  test('has both runs, the difference, and what changed', () => {
    expect(diffText(comparison, plain, { all: false })).toBe(`build-and-test-x7k2p  failure  5.23 s
  build-image › push: exit code 1: unauthorized: authentication required
build-and-test-x7k2p  failure  6.23 s
  build-image › push: exit code 1: unauthorized: authentication required
+1.00 s slower (+19 %)

task              before   after  difference
unit-tests        2.77 s  3.77 s     +1.00 s  +36 %
  step test       1.63 s  2.63 s     +1.00 s  +61 %
  step install    900 ms  900 ms           =
  pod scheduling   32 ms   32 ms           =
  pod starting    170 ms  170 ms           =

6 without a notable difference (50 ms and 5 %): --all shows them
`);
  });

  test('of what took no measurable time before has a difference, and no share', () => {
    const run = (ms: number) =>
      buildWaterfall(TRACE_ID, {
        resourceSpans: [
          fromService('tekton-pipelines', [
            { id: 'r', name: 'RUN x', from: 0, to: 2000 },
            { id: 't', parent: 'r', name: 'task y', from: 0, to: ms },
          ]),
        ],
      });
    expect(diffText(compareRuns(run(0.001), run(1000)), plain, { all: true })).toMatch(
      /^y .* \+1000 ms$|^y .* \+1\.00 s$/m,
    );
  });

  test.each([60, 80, 120])('is not wider than %d columns', (width) => {
    const lines = diffText(comparison, paintOf(width, false), { all: true }).split('\n');
    expect(lines.filter((line) => line.length > width)).toEqual([]);
  });

  test('of very many tasks shows those with the largest differences, without their steps', () => {
    const runOf = (traceId: string, lengthOf: (index: number) => number) =>
      buildWaterfall(traceId, {
        resourceSpans: [
          fromService('tekton-pipelines', [
            { id: 'r', name: 'RUN many', from: 0, to: 9000, traceId },
            ...Array.from({ length: 30 }, (_, index) => [
              { id: `t${index}`, parent: 'r', name: `task t${index}`, from: 0, to: lengthOf(index), traceId },
              { id: `s${index}`, parent: `t${index}`, name: 'step s', from: 0, to: lengthOf(index), traceId },
            ]).flat(),
          ]),
        ],
      });
    const before = runOf(TRACE_ID, () => 1000);
    const after = runOf(OTHER, (index) => 1000 + 100 * (20 - index));
    const text = diffText(compareRuns(before, after), plain, { all: false });
    const names = text.split('\n').filter((line) => /^(?:t\d|…|step)/.test(line.trim()));
    expect(names.map((line) => line.split(/  +/)[0])).toEqual([
      ...['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7', '… 17 more', 't26', 't27', 't28', 't29'],
    ]);
    expect(text).toContain('--all shows the steps of all 29 tasks with a difference\n1 without a notable difference');
    expect(diffText(compareRuns(before, after), plain, { all: true }).match(/step s/g)).toHaveLength(30);
  });

  test('of a run with itself says so', () => {
    const [waterfall] = [buildWaterfall(TRACE_ID, exampleTrace)];
    expect(diffText(compareRuns(waterfall, waterfall), plain, { all: false })).toContain('Both are the same run.\n');
  });

  test('of runs of different Pipelines says so, below the difference', () => {
    const other = structuredClone(exampleTrace);
    for (const { spans } of other.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
      for (const span of spans) [span.traceId, span.name] = [OTHER, span.name.replace(/^RUN .*/, 'RUN deploy')];
    const runs = compareRuns(buildWaterfall(TRACE_ID, exampleTrace), buildWaterfall(OTHER, other));
    expect(diffText(runs, plain, { all: false })).toContain(
      'About as long.\nThey are runs of different things: build-and-test and deploy.\n',
    );
  });

  test('has no control characters of a stranger', () => {
    const evil = buildWaterfall(TRACE_ID, {
      resourceSpans: [
        fromService('tekton-pipelines', [
          { id: 'r', name: 'RUN \u001b[31mx', from: 0, to: 1 },
          { id: 't', parent: 'r', name: 'task \u001b]0;x\u0007y', from: 0, to: 1 },
        ]),
      ],
    });
    const text = diffText(compareRuns(evil, evil), plain, { all: true });
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  });
});

describe('a run that is named by a file', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tektrace-diff-'));
    await writeFile(file('one.json'), JSON.stringify(exampleTrace));
    const both = { resourceSpans: [...exampleTrace.resourceSpans, ...slower().resourceSpans] };
    await writeFile(file('two.json'), JSON.stringify(both));
    await writeFile(file('no.json'), '{"resourceSpans": []}');
    await writeFile(file('text.json'), 'hello');
    await writeFile(file('empty.json'), '');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('is the only one in it, or the one after #', async () => {
    expect((await namedTrace(file('one.json'), {})).traceId).toBe(TRACE_ID);
    expect((await namedTrace(file('two.json#2222'), {})).traceId).toBe(OTHER);
    expect((await namedTrace(file('one.json#build-and-test-x7k2p'), {})).traceId).toBe(TRACE_ID);
    expect((await namedTrace(file('two.json#2222'), {})).trace.resourceSpans).toHaveLength(4);
  });

  test.each([
    ['two.json', /has the traces of 2 runs; name one as .*two\.json#RUN/],
    ['two.json#build-and-test-x7k2p', /2 of its runs are build-and-test-x7k2p/],
    ['two.json#other', /none of its runs is other/],
    ['no.json', /has no span/],
    ['text.json', /is not a trace in OTLP JSON, as --trace-out writes it: it is not JSON/],
    ['empty.json', /empty\.json: is empty/],
    ['missing.json', /there is no such file/],
    ['missing.json#x', /missing\.json: there is no such file/],
  ])('%s is explained', async (name, message) => {
    await expect(namedTrace(file(name), {})).rejects.toMatchObject({
      name: 'CommandError',
      exitCode: 2,
      message: expect.stringMatching(message),
    });
  });

  test('that an option names is never taken for the name of a run', async () => {
    expect((await traceInFile(file('two.json#2222'))).traceId).toBe(OTHER);
    await expect(traceInFile(folder)).rejects.toThrow('this is a directory, not a file');
    await expect(traceInFile(file('missing'))).rejects.toThrow('there is no such file or directory');
  });
});
