import { expect, test } from '@jest/globals';

import { LIMITS, problemsOfLoad } from '../../bench/requests/acceptance.ts';
import { measure } from '../../bench/requests/measure.ts';

test.each([
  { name: 'unloaded', runs: 3, everyMs: 1500 },
  { name: 'burst', runs: 4, everyMs: 0 },
])(
  'a run of three tasks stays within its API requests and reconciles on the real kube-apiserver: $name',
  async (load) => {
    const cost = await measure(load);
    expect(problemsOfLoad(cost)).toEqual([]);
    expect(cost.runs).toHaveLength(load.runs);
    for (const { requests, total } of cost.runs) {
      // What no run can do without: its TaskRuns, their Pods, and what became of them.
      expect(requests.get('create taskruns')).toBe(3);
      expect(requests.get('create pods')).toBe(3);
      expect(requests.get('update taskruns/status')).toBeGreaterThanOrEqual(6);
      expect(total).toBeLessThanOrEqual(LIMITS.requests);
    }
  },
  180_000,
);

test('two controllers at once make each TaskRun and Pod once, and every run succeeds', async () => {
  const { runs } = await measure({ name: 'twice', runs: 4, everyMs: 0, controllers: 2 });
  for (const { requests } of runs) {
    expect(requests.get('create taskruns')).toBe(3);
    expect(requests.get('create pods')).toBe(3);
  }
  // Both were at work: one found what the other had made.
  const refused = runs.flatMap(({ requests }) => [...requests.keys()]).filter((kind) => kind.endsWith('(409)'));
  expect(refused).not.toEqual([]);
}, 300_000);
