import { expect, test } from '@jest/globals';

import { summaryLines } from '../../../../cli/text/summary-text.ts';
import { createStyle } from '../../../../cli/waterfall/style.ts';
import { displayWidth } from '../../../../cli/waterfall/display-width.ts';
import type { PathTask, RunSummary } from '../../../../local/viewer/summary/types.ts';

const plain = { width: 80, style: createStyle({ color: false, unicode: true }), dim: (text: string): string => text };
const nothing: RunSummary = {
  ...{ result: 'success', finished: true, durationMs: 1000, durationText: '1.00 s', failures: [], tolerated: [] },
  ...{ waits: { totalMs: 0, kinds: [], text: '' }, results: [], skipped: [], toCome: [] },
};

test('critical path, waits, skipped tasks by reason, results: each with its name at the left', () => {
  const pathTask = (task: string): PathTask => ({
    ...{ rowId: task, task, result: 'success', offsetMs: 0, durationMs: 9000, durationText: '9.00 s' },
  });
  const longestStep = { rowId: 'step', step: 'compile', durationMs: 8000, durationText: '8.00 s' };
  const criticalPath = { parts: [pathTask('clone'), 4, { ...pathTask('build'), longestStep }], longest: 'build' };
  const summary = {
    ...nothing,
    criticalPath,
    durationText: '13.3 s',
    waits: { totalMs: 1300, kinds: [], text: '1.30 s of the critical path: starting 1.30 s' },
    skipped: [
      { task: 'deploy', reason: 'PipelineRun was stopping' },
      { task: 'docs', reason: 'When Expressions evaluated to false: "dev" in ("main")' },
      { task: 'notify', reason: 'PipelineRun was stopping' },
    ],
    results: [
      { name: 'digest', value: 'sha256:1' },
      { name: 'tests', value: '6' },
    ],
  } satisfies RunSummary;
  expect(summaryLines(summary, plain)).toEqual([
    '  critical path  clone → … 4 more → build › compile (8.00 s of 13.3 s)',
    '  waited         1.30 s of the critical path: starting 1.30 s',
    '  skipped        deploy, notify: PipelineRun was stopping',
    '                 docs: When Expressions evaluated to false: "dev" in ("main")',
    '  results        digest = sha256:1',
    '                 tests = 6',
  ]);
  const ascii = { ...plain, style: createStyle({ color: false, unicode: false }) };
  expect(summaryLines(summary, ascii).join('\n')).toContain('clone -> .. 4 more -> build > compile');
});

test('failures after which the run went on are named with what came of them', () => {
  const failure = { rowId: 'a', result: 'failure', cause: 'exit code 4', logTail: [] } as const;
  const tolerated = [
    { ...failure, text: 'flaky › attempt 1 › test: exit code 4', how: 'retried' as const },
    { ...failure, text: 'lint › eslint: exit code 4', how: 'ignored' as const },
  ];
  expect(summaryLines({ ...nothing, tolerated }, plain)).toContain(
    '  also failed    flaky › attempt 1 › test: exit code 4 (retried)',
  );
  const many = Array.from({ length: 20 }, () => tolerated[1]).filter((one) => one !== undefined);
  const lines = summaryLines({ ...nothing, tolerated: many }, plain);
  expect(lines.filter((line) => line.includes('(ignored)'))).toHaveLength(8);
  expect(lines).toContain('                 and 12 more');
});

test('a value does not control the terminal; a line is only wider than it where a word of a result is, which stays whole', () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  const results = [{ name: 'log', value: `\x1b[2Ja b ${digest}\n${'some words '.repeat(20)}` }];
  const skipped = [{ task: 'x', reason: '語'.repeat(40) }];
  const lines = summaryLines({ ...nothing, results, skipped }, { ...plain, width: 60 });
  expect(lines.join('')).not.toMatch(/[^\P{Cc}]/u);
  expect(lines.filter((line) => displayWidth(line) > 60)).toEqual([`${' '.repeat(17)}${digest}`]);
});

test('of hundreds of skipped tasks and results the first are named and the rest counted', () => {
  const skipped = Array.from({ length: 60 }, (_, index) => ({ task: `t${index}`, reason: 'stopping' }));
  const results = Array.from({ length: 25 }, (_, index) => ({ name: `r${index}`, value: 'v' }));
  const text = summaryLines({ ...nothing, skipped, results }, plain).join('\n');
  expect(text).toContain('t7 and 52 more: stopping');
  expect(text).toContain('and 5 more');
  expect(text).not.toContain('r20');
});

test('a line is not broken between a number and its unit', () => {
  const text = '7.32 s of the critical path: starting 6.39 s, controller 591 ms, queued 1 m 14 s';
  const lines = summaryLines({ ...nothing, waits: { totalMs: 7320, kinds: [], text } }, { ...plain, width: 80 });
  expect(lines).toEqual([
    '  waited         7.32 s of the critical path: starting 6.39 s, controller',
    '                 591 ms, queued 1 m 14 s',
  ]);
});
