import { describe, expect, test } from '@jest/globals';
import type { PageRow } from '../../../../../local/viewer/page-view.ts';
import { createModel } from '../../../../../local/viewer/page/trace/model.js';
import { clamp, moved, place, zoomed } from '../../../../../local/viewer/page/waterfall/range.js';
import { searchRows } from '../../../../../local/viewer/page/trace/search.js';
import { axisTicks } from '../../../../../local/viewer/page/waterfall/ticks.js';
import { readState, writeState } from '../../../../../local/viewer/page/trace/url-state.js';
import { visibleRows } from '../../../../../local/viewer/page/trace/visible.js';

const row = (id: string, parent: string | undefined, name: string, more: Partial<PageRow> = {}): PageRow => ({
  ...{ id, name, category: 'task', result: 'success', offsetMs: 0, durationMs: 100, durationText: '100 ms' },
  ...(parent !== undefined && { parent }),
  ...more,
});
const endOf = ({ offsetMs, durationMs }: PageRow): number => offsetMs + durationMs;
const AS_OPENED = { folding: 'auto', turned: new Map<string, boolean>(), waits: false } as const;
const names = (rows: PageRow[], folded: Parameters<typeof visibleRows>[1] = AS_OPENED): string[] =>
  visibleRows(rows, folded, endOf).map(({ row: { name }, level }) => `${level} ${name}`);

const run = row('r', undefined, 'RUN a', { category: 'run' });
const task = (id: string, more: Partial<PageRow> = {}): PageRow[] => [
  row(id, 'r', `task ${id}`, more),
  row(`${id}w`, id, 'pod starting', { category: 'wait', durationMs: 30 }),
  row(`${id}s`, id, `step ${id}`, { category: 'step', offsetMs: 30, durationMs: 70 }),
];

describe('which rows show', () => {
  test('up to ten tasks are open; above ten they are folded, but the one that failed', () => {
    const many = (count: number): PageRow[] => [
      run,
      ...Array.from({ length: count }, (_, index) => task(`t${index}`)).flat(),
    ];
    expect(names(many(10))).toHaveLength(21);
    expect(names(many(11))).toHaveLength(12);
    const failing = many(11).map((one) =>
      one.id === 't3s' ? { ...one, result: 'failure' as const, isOrigin: true as const } : one,
    );
    expect(names(failing)).toContain('3 step t3');
  });

  test('what was asked for holds for rows that come later, and what was turned by hand wins', () => {
    const later = [run, ...task('a'), ...task('b')];
    expect(names(later, { ...AS_OPENED, folding: 'tasks' })).toEqual(['1 RUN a', '2 task a', '2 task b']);
    const turned = new Map([['a', true]]);
    expect(names(later, { ...AS_OPENED, folding: 'tasks', turned })).toEqual([
      '1 RUN a',
      '2 task a',
      '3 step a',
      '2 task b',
    ]);
  });

  test('what comes after the last step of a task, or the last task of a run, is a wait, too; not while it runs', () => {
    const rows = [{ ...run, durationMs: 250 }, ...task('a', { durationMs: 180 })];
    const tails = (shown: PageRow[]): number[] => visibleRows(shown, AS_OPENED, endOf).map(({ tailMs }) => tailMs);
    expect(tails(rows)).toEqual([70, 80, 0]);
    expect(tails(rows.map((one) => ({ ...one, isRunning: true as const })))).toEqual([0, 0, 0]);
    expect(tails([run, row('w', 'r', 'queued', { category: 'wait', durationMs: 20 })])).toEqual([0]);
  });

  test('a folded task keeps its waits in its bar, also where waits have rows', () => {
    const folded = { ...AS_OPENED, waits: true, folding: 'tasks' } as const;
    expect(visibleRows([run, ...task('a')], folded, endOf).map(({ leadMs }) => leadMs)).toEqual([0, 30]);
  });

  test('a wait is part of its task, whose lead-in ends at the first step; a wait that failed has its row', () => {
    const rows = [run, ...task('a')];
    expect(visibleRows(rows, AS_OPENED, endOf).map(({ leadMs }) => leadMs)).toEqual([0, 30, 0]);
    expect(names(rows, { ...AS_OPENED, waits: true })).toEqual(['1 RUN a', '2 task a', '3 pod starting', '3 step a']);
    const failed = rows.map((one) => (one.id === 'aw' ? { ...one, isOrigin: true as const } : one));
    expect(names(failed)).toContain('3 pod starting');
  });

  test('many spans of a program are below its step when it is opened', () => {
    const tests = Array.from({ length: 30 }, (_, index) => row(`x${index}`, 'as', 'a test', { category: 'other' }));
    expect(names([run, ...task('a'), ...tests])).toHaveLength(3);
    expect(names([run, ...task('a'), ...tests.slice(0, 20)])).toHaveLength(23);
  });
});

describe('the model', () => {
  const head = { startUnixMs: 1000, finished: false } as never;
  test('takes changed rows, a new order, and forgets rows that are gone', () => {
    const model = createModel(() => 0);
    model.apply({ revision: '1', nowMs: 1000, head, order: ['r', 'a'], rows: [run, row('a', 'r', 'task a')] });
    model.apply({ revision: '2', nowMs: 1000, head, rows: [row('a', 'r', 'task a', { result: 'failure' })] });
    expect(model.rows.map(({ id, result }) => [id, result])).toEqual([
      ['r', 'success'],
      ['a', 'failure'],
    ]);
    model.apply({ revision: '3', nowMs: 1000, head, order: ['r'], rows: [] });
    expect(model.rows.map(({ id }) => id)).toEqual(['r']);
  });

  test('what runs ends at the clock of the server, which stands still while the store does not answer', () => {
    let clock = 5;
    const model = createModel(() => clock);
    const running = row('a', undefined, 'task a', { isRunning: true, offsetMs: 100, durationMs: 0 });
    model.apply({ revision: '1', nowMs: 1500, head, order: ['a'], rows: [running] });
    expect(model.endOf(running)).toBe(500);
    clock += 70;
    expect(model.totalMs()).toBe(570);
    model.stop();
    clock += 1000;
    expect(model.endOf(running)).toBe(570);
    model.resume();
    expect(model.endOf(running)).toBe(1570);
  });
});

describe('the axis', () => {
  test('zoom keeps the place under the pointer, and everything is no range', () => {
    expect(zoomed({ fromMs: 0, toMs: 100 }, 0.5, 0.2, 100)).toEqual({ fromMs: 10, toMs: 60 });
    expect(zoomed({ fromMs: 10, toMs: 60 }, 4, 0.5, 100)).toBeUndefined();
    expect(moved({ fromMs: 10, toMs: 60 }, 5, 100)).toEqual({ fromMs: 50, toMs: 100 });
    expect(clamp({ fromMs: -5, toMs: 20 }, 100)).toEqual({ fromMs: 0, toMs: 25 });
  });

  test('a bar outside the range is not drawn, one at its edge is cut', () => {
    expect(place(0, 10, { fromMs: 20, toMs: 40 })).toBeUndefined();
    expect(place(10, 30, { fromMs: 20, toMs: 40 })).toEqual({ left: 0, width: 50 });
    expect(place(0, 0, { fromMs: 0, toMs: 0 })).toEqual({ left: 0, width: 100 });
  });

  test.each([
    [0, 5230, 120, ['0', '2 s', '4 s']],
    [0, 5230, 480, ['0', '1 s', '2 s', '3 s', '4 s']],
    [4000, 4500, 480, ['4 s', '4.1 s', '4.2 s', '4.3 s', '4.4 s']],
    [0, 4_000_000, 600, ['0', '10 m', '20 m', '30 m', '40 m', '50 m', '1 h']],
    [0, 0, 500, ['0']],
  ])('from %d to %d ms on %d pixels', (fromMs, toMs, width, labels) => {
    expect(axisTicks({ fromMs, toMs }, width).ticks.map(({ label }) => label)).toEqual(labels);
  });
});

describe('the address', () => {
  test('keeps selection, folding and zoom', () => {
    const state = {
      ...{ row: 'ab12', folding: 'tasks' as const, waits: true, tab: 'functions' as const },
      turned: new Map([
        ['x', true],
        ['y', false],
      ]),
      range: { fromMs: 10.5, toMs: 20 },
    };
    expect(readState(writeState(state))).toEqual(state);
    expect(writeState(readState(''))).toBe('');
    expect(readState(writeState({ ...readState(''), row: '' })).row).toBe('');
  });

  test('takes nothing else', () => {
    const state = readState('#row=<img>&fold=x&ms=9-3&open=../a.b&tab=z');
    expect([state.row, state.folding, state.range, [...state.turned.keys()], state.tab]).toEqual([
      undefined,
      'auto',
      undefined,
      ['a', 'b'].slice(1),
      'waterfall',
    ]);
  });
});

test('a search finds names, problems and results, all words in one row', () => {
  const rows = [
    run,
    ...task('lint'),
    row('p', 'r', 'step push', { result: 'failure', problem: 'exit code 1: denied' }),
  ];
  expect(searchRows(rows, 'DENIED push')).toEqual(['p']);
  expect(searchRows(rows, 'denied lint')).toEqual([]);
  expect(searchRows(rows, 'failure')).toEqual(['p']);
  expect(searchRows(rows, '  ')).toEqual([]);
});
