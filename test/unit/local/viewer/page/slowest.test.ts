import { describe, expect, test } from '@jest/globals';
import type { PageRow } from '../../../../../local/viewer/page-view.ts';
import { slowestSteps, slowestTasks } from '../../../../../local/viewer/page/trace/slowest.js';

const row = (id: string, name: string, durationMs: number, more: Partial<PageRow> = {}): PageRow => ({
  ...{ id, name, category: 'task', result: 'success', offsetMs: 0, durationMs, durationText: `${durationMs} ms` },
  ...more,
});
const step = (id: string, parent: string, durationMs: number): PageRow =>
  row(id, `step ${id}`, durationMs, { category: 'step', parent });
const texts = (slow: { name: string; text: string }[]): string[] => slow.map(({ name, text }) => `${name} ${text}`);

describe('the slowest', () => {
  const rows = [
    row('a', 'task lint', 900),
    step('check', 'a', 100),
    row('b', 'task unit', 500),
    row('b1', 'attempt 2', 400, { category: 'attempt', parent: 'b' }),
    step('jest', 'b1', 300),
    row('c', 'task docs', 0, { isRunning: true, result: 'running', offsetMs: 1000, durationText: '' }),
    row('d', 'task deploy', 9000, { result: 'skip' }),
  ];

  test('tasks include their waits and what runs now, without those that were skipped', () => {
    expect(texts(slowestTasks(rows, 5000))).toEqual(['docs 4 s so far', 'lint 900 ms', 'unit 500 ms']);
  });

  test('steps are without waits, named after their task and attempt', () => {
    expect(texts(slowestSteps(rows, 5000))).toEqual(['unit › attempt 2 › jest 300 ms', 'lint › check 100 ms']);
  });

  test('of one is none', () => {
    expect(slowestTasks(rows.slice(0, 2), 5000)).toEqual([]);
    expect(slowestSteps(rows.slice(0, 2), 5000)).toEqual([]);
  });
});
