import { describe, expect, test } from '@jest/globals';

import { createPolicy } from '../../../controller/policy.ts';
import type { Manage, PolicyOptions } from '../../../controller/policy.ts';
import { pipelineRun } from './lifecycle/objects.ts';

const policy = (options: Partial<PolicyOptions> = {}) =>
  createPolicy({ manage: 'none', sampling: { ratio: 1 }, keepFailures: true, ...options });

describe('a run is executed here', () => {
  const [ours, upstreams, anothers] = ['tektrace.dev/controller', 'tekton.dev/pipeline', 'kueue.x-k8s.io/multikueue'];
  test.each<[Manage, (string | undefined)[]]>([
    ['none', []],
    ['managed-by', [ours]],
    ['all', [undefined, upstreams, ours]],
  ])('with --manage=%s by its spec.managedBy: %j', (manage, expected) => {
    const { executesRuns, isExecuted } = policy({ manage });
    const executed = [undefined, upstreams, ours, anothers].filter((managedBy) =>
      isExecuted({ spec: managedBy === undefined ? {} : { managedBy } }),
    );
    expect(executed).toEqual(expected);
    expect(executesRuns).toBe(expected.length > 0);
  });
});

describe('a run is traced', () => {
  const run = (namespace: string, labels = {}) => pipelineRun(undefined, { namespace, labels });

  test('unless it has the label to ignore it, whatever the value', () => {
    expect(policy().isTraced(run('ci'))).toBe(true);
    for (const value of ['', 'true', 'false'])
      expect(policy().isTraced(run('ci', { 'tektrace.dev/ignore': value }))).toBe(false);
  });

  test('unless its namespace is excluded, or has the label', () => {
    const { isTraced } = policy({ excludedNamespaces: ['a'], isIgnoredNamespace: (name) => name === 'b' });
    expect(['a', 'b', 'c'].map((namespace) => isTraced(run(namespace)))).toEqual([false, false, true]);
  });
});

test('the shares of sampling are those of the settings, by namespace', () => {
  const { isSampled } = policy({ sampling: { ratio: 0, namespaces: { ci: 1 } } });
  const traceId = 'a'.repeat(32);
  expect([isSampled(traceId, 'ci'), isSampled(traceId, 'other')]).toEqual([true, false]);
});

describe('a traced run is exported', () => {
  test.each([
    [true, undefined, true, true],
    [true, 'success', false, true],
    [false, undefined, true, undefined],
    [false, 'failure', true, true],
    [false, 'error', true, true],
    [false, 'timeout', true, true],
    [false, 'success', true, false],
    [false, 'cancellation', true, false],
    [false, undefined, false, false],
    [false, 'failure', false, false],
  ])('sampled %s, result %s, --keep-failures %s: %s', (sampled, result, keepFailures, expected) => {
    expect(policy({ keepFailures }).shouldExport(sampled, result)).toBe(expected);
  });
});
