import { expect, test } from '@jest/globals';
import type { PageRow } from '../../../../../local/viewer/page-view.ts';
import { panelRows } from '../../../../../local/viewer/page/panel/panel-rows.js';

const row = (id: string, more: Partial<PageRow>): PageRow => ({
  ...{
    id,
    parent: 'task',
    name: id,
    category: 'step',
    result: 'success',
    offsetMs: 0,
    durationMs: 0,
    durationText: '',
  },
  ...more,
});

test('the panel of a task lists its waits, its steps and the time after them; that of a step lists nothing', () => {
  const rows = [
    row('task', { parent: 'run', category: 'task', durationMs: 5000 }),
    row('pod starting', { category: 'wait', durationMs: 900 }),
    row('init prepare', { category: 'init', durationMs: 30 }),
    row('step jest', { offsetMs: 1000, durationMs: 2000 }),
    row('sidecar db', { category: 'sidecar', durationMs: 4900 }),
    row('jest › suite', { parent: 'step jest', category: 'other' }),
  ];
  const of = (index: number): { waits: string[]; steps: string[]; tail: string } => {
    const names = (some: PageRow[]): string[] => some.map(({ name }) => name);
    const listed = panelRows(rows, rows[index] as PageRow, ({ offsetMs, durationMs }) => offsetMs + durationMs);
    return { waits: names(listed.waits), steps: names(listed.steps), tail: listed.tail };
  };
  expect(of(0)).toEqual({
    waits: ['pod starting', 'init prepare'],
    steps: ['step jest', 'sidecar db'],
    tail: '2.0 s',
  });
  expect(of(3)).toEqual({ waits: [], steps: [], tail: '' });
});
