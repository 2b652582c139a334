import { expect, test } from '@jest/globals';
import { podStatus } from '../../../../../local/apiserver/table/pod-columns.ts';

const terminated = (exitCode: number, reason?: string): object => ({
  terminated: { exitCode, ...(reason === undefined ? {} : { reason }) },
});

function pod(status: object, metadata: object = {}): Parameters<typeof podStatus>[0] {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { initContainers: [{ name: 'i' }], containers: [{ name: 'a' }] },
    status,
  };
}

test.each([
  ['Pending', { phase: 'Pending' }],
  ['Init:0/1', { phase: 'Pending', initContainerStatuses: [{ name: 'i', state: { running: {} } }] }],
  ['Init:Error', { phase: 'Pending', initContainerStatuses: [{ name: 'i', state: terminated(1, 'Error') }] }],
  [
    'ErrImagePull',
    { phase: 'Pending', containerStatuses: [{ name: 'a', state: { waiting: { reason: 'ErrImagePull' } } }] },
  ],
  ['Running', { phase: 'Running', containerStatuses: [{ name: 'a', ready: true, state: { running: {} } }] }],
  ['Completed', { phase: 'Succeeded', containerStatuses: [{ name: 'a', state: terminated(0, 'Completed') }] }],
  ['ExitCode:3', { phase: 'Failed', containerStatuses: [{ name: 'a', state: terminated(3) }] }],
  ['Evicted', { phase: 'Failed', reason: 'Evicted' }],
])('%s', (shown, status) => {
  expect(podStatus(pod(status))).toBe(shown);
});

test('a Pod that is being deleted is Terminating, unless it has ended', () => {
  const deletionTimestamp = '2026-01-01T00:00:00Z';
  expect(podStatus(pod({ phase: 'Running' }, { deletionTimestamp }))).toBe('Terminating');
  expect(podStatus(pod({ phase: 'Succeeded' }, { deletionTimestamp }))).toBe('Succeeded');
});
