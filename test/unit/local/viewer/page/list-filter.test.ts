import { describe, expect, test } from '@jest/globals';
import type { TraceSummary } from '../../../../../local/tracestore/views/trace-summary.ts';
import { filterQuery, matches, pipelineOf, readFilter } from '../../../../../local/viewer/page/list/list-filter.js';
import { histories } from '../../../../../local/viewer/page/list/history.js';
import { agoText, elapsedText, waitText } from '../../../../../local/viewer/page/time.js';

const NOW = 1_795_399_200_000;
const ALL = { text: '', pipeline: '', result: '', within: '' };

const trace = (changes: Partial<TraceSummary> = {}): TraceSummary => ({
  id: 'a'.repeat(32),
  title: 'RUN build',
  runName: 'build-x7k2p',
  pipeline: 'build',
  namespace: 'ci',
  result: 'failure',
  finished: true,
  startUnixMs: NOW - 60_000,
  durationMs: 5000,
  durationText: '5.00 s',
  spanCount: 10,
  problem: 'unit-test › jest: exit code 1: expected 42',
  ...changes,
});

describe('the filter in the address', () => {
  test.each([
    ['', ALL],
    ['?q=a+b&pipeline=p&result=failed&within=7d', { text: 'a b', pipeline: 'p', result: 'failed', within: '7d' }],
    ['?result=nonsense&within=constructor&other=1', ALL],
  ])('%s is read, and written again', (search, filter) => {
    expect(readFilter(search)).toEqual(filter);
    expect(readFilter(filterQuery(filter))).toEqual(filter);
  });

  test('is left out where everything is shown', () => {
    expect(filterQuery(ALL)).toBe('');
  });
});

describe('a trace is found', () => {
  test.each(['X7K2P', 'jest 42', 'ci build', 'aaaa', ' '])('by %j', (text) => {
    expect(matches(trace(), 'build', { ...ALL, text }, NOW)).toBe(true);
  });

  test.each(['jest 43', 'deploy'])('not by %j', (text) => {
    expect(matches(trace(), 'build', { ...ALL, text }, NOW)).toBe(false);
  });

  test.each([
    [{ result: 'failed' }, 'failure', true],
    [{ result: 'failed' }, 'timeout', true],
    [{ result: 'failed' }, 'success', false],
    [{ result: 'success' }, 'success', true],
    [{ result: 'cancelled' }, 'cancellation', true],
    [{ result: 'running' }, 'running', true],
  ] as const)('by %j if it ended with %s: %s', (filter, result, found) => {
    expect(matches(trace({ result }), 'build', { ...ALL, ...filter }, NOW)).toBe(found);
  });

  test('by its time and its pipeline', () => {
    const old = trace({ startUnixMs: NOW - 2 * 3_600_000 });
    expect(matches(old, 'build', { ...ALL, within: '1h' }, NOW)).toBe(false);
    expect(matches(old, 'build', { ...ALL, within: '24h' }, NOW)).toBe(true);
    expect(matches(old, undefined, { ...ALL, pipeline: 'build' }, NOW)).toBe(false);
  });
});

test('before its end a run belongs to the pipeline that its name begins with', () => {
  const { pipeline: _, ...running } = trace({ runName: 'build-and-test-x7k2p' });
  expect(pipelineOf(running, ['build', 'build-and-test', 'test'])).toBe('build-and-test');
  expect(pipelineOf(running, ['deploy', 'buil'])).toBeUndefined();
  expect(pipelineOf(trace(), [])).toBe('build');
});

describe('the last runs of a pipeline', () => {
  test('are ten, the oldest first, with their median', () => {
    const runs = Array.from({ length: 12 }, (_, index) =>
      trace({ id: `${index}`, startUnixMs: NOW + index, durationMs: index, durationText: `${index} ms` }),
    );
    const [build] = histories([...runs, trace({ id: 'other', pipeline: 'deploy', startUnixMs: NOW - 1 })].toReversed());
    expect(build).toMatchObject({ name: 'build', count: 12, median: '6 ms' });
    expect(build?.runs.map(({ id }) => id)).toEqual(['2', '3', '4', '5', '6', '7', '8', '9', '10', '11']);
  });

  test('are apart for pipelines of the same name in different namespaces, which are named then', () => {
    const both = [trace({ id: '1' }), trace({ id: '2', namespace: 'team-b', startUnixMs: NOW })];
    const found = histories([...both, trace({ id: '3', pipeline: 'deploy', startUnixMs: NOW - 90_000 })]);
    expect(found.map(({ label, count }) => `${label}: ${count}`)).toEqual([
      'build in team-b: 1',
      'build in ci: 1',
      'deploy: 1',
    ]);
  });

  test('of the pipeline that ran last come first; traces of no run have none', () => {
    const { pipeline: _, runName: _name, ...other } = trace({ id: 'o' });
    const all = [trace({ startUnixMs: NOW - 5 }), trace({ pipeline: 'deploy', startUnixMs: NOW }), other];
    expect(histories(all).map(({ name }) => name)).toEqual(['deploy', 'build']);
  });
});

test.each([
  [-5000, 'just now', '0 s'],
  [4999, 'just now', '4 s'],
  [59_999, '59 s ago', '59 s'],
  [185_000, '3 min ago', '3 m 05 s'],
  [7_500_000, '2 h ago', '2 h 05 m'],
  [86_400_000, '1 day ago', '24 h 00 m'],
  [3 * 86_400_000, '3 days ago', '72 h 00 m'],
])('%d ms is "%s" or "%s"', (ms, ago, elapsed) => {
  expect([agoText(ms), elapsedText(ms)]).toEqual([ago, elapsed]);
});

test.each([
  [0.4, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [59_940, '59.9 s'],
  [59_960, '1 m 00 s'],
  [125_000, '2 m 05 s'],
])('a wait of %d ms is "%s"', (ms, text) => {
  expect(waitText(ms)).toBe(text);
});
