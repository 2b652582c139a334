import { expect, test } from '@jest/globals';

import { drawLive } from '../../../../cli/live/draw.ts';
import type { LiveView } from '../../../../cli/live/draw.ts';
import type { LiveTask } from '../../../../cli/live/run-state.ts';
import { displayWidth } from '../../../../cli/waterfall/display-width.ts';
import { createStyle } from '../../../../cli/waterfall/style.ts';

const plain = { nowMs: 10_000, frame: 0, columns: 60, rows: 24, style: createStyle({ color: false, unicode: true }) };
const unit: LiveTask = {
  ...{ name: 'unit', phase: 'running', startMs: 4000 },
  steps: [
    { name: 'install', pod: 'p', phase: 'done', startMs: 5000, endMs: 7000 },
    { name: 'jest', pod: 'p', phase: 'running', startMs: 7000 },
    { name: 'publish', pod: 'p', phase: 'waiting' },
  ],
};
const view: LiveView = {
  tasks: [
    { name: 'clone', phase: 'done', startMs: 1000, endMs: 3500, steps: [] },
    unit,
    { name: 'lint', phase: 'failed', startMs: 4000, endMs: 5000, note: 'eslint: exit code 2', steps: [] },
    { name: 'docs', phase: 'skipped', steps: [] },
    { name: 'image', phase: 'running', startMs: 9500, note: 'starting', steps: [] },
  ],
  toCome: 2,
  lastLine: ({ name }) => (name === 'jest' ? 'ok 12 math adds' : undefined),
};

test('a run that goes on: tasks with their time, steps of those that run, the last line of the log', () => {
  expect(drawLive(view, plain)).toEqual([
    '  ✓ clone  2.5 s',
    '  ⠋ unit  6.0 s',
    '    ✓ install  2.0 s',
    '    ⠋ jest  3.0 s │ ok 12 math adds',
    '  ✗ lint  1.0 s  eslint: exit code 2',
    '  – docs  skipped',
    '  ⠋ image  0.5 s  starting',
    '  2 to come',
  ]);
});

test('without Unicode every byte is ASCII', () => {
  const text = drawLive(view, { ...plain, style: createStyle({ color: false, unicode: false }) }).join('');
  expect(text).toMatch(/^[\x20-\x7e]*$/);
});

test('every line is narrower than the terminal, also for long names in wide characters', () => {
  const tasks = [
    { ...unit, name: '日本語'.repeat(40) },
    { ...unit, name: 'x'.repeat(300), note: 'y'.repeat(300) },
  ];
  for (const columns of [20, 60, 80, 200])
    for (const line of drawLive({ ...view, tasks, lastLine: () => 'z'.repeat(300) }, { ...plain, columns }))
      expect(displayWidth(line)).toBeLessThan(columns);
});

test('there are fewer lines than rows: tasks that ended are counted first, failures stay', () => {
  const many = Array.from({ length: 60 }, (_, index): LiveTask => ({
    ...{ name: `t${index}`, phase: index === 7 ? 'failed' : index < 40 ? 'done' : 'running', startMs: 0, steps: [] },
  }));
  const lines = drawLive({ ...view, tasks: many }, { ...plain, rows: 12 });
  expect(lines.length).toBeLessThan(12);
  expect(lines[0]).toContain('✗ t7');
  expect(lines.at(-1)).toBe('  39 done · 12 running · 2 to come');
});
