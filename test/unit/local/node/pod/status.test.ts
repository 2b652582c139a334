import { describe, expect, test } from '@jest/globals';

import { createRecord } from '../../../../../local/node/pod/container-record.ts';
import type { ContainerRecord } from '../../../../../local/node/pod/container-record.ts';
import { podPhase, podStatus } from '../../../../../local/node/pod/status.ts';
import type { PodState } from '../../../../../local/node/pod/status.ts';
import type { ContainerState } from '../../../../../local/node/types.ts';

const running: ContainerState = { running: { startedAt: '' } };
const ended = (exitCode: number): ContainerState => ({
  terminated: { exitCode, reason: '', startedAt: '', finishedAt: '', containerID: '' },
});
const record = (
  kind: ContainerRecord['kind'],
  state?: ContainerState,
  more: Partial<ContainerRecord> = {},
): ContainerRecord => ({
  ...createRecord({ name: kind }, kind, 'PodInitializing'),
  ...(state ? { state } : {}),
  ...more,
});
const state = (records: ContainerRecord[], more: Partial<PodState> = {}, restartPolicy = 'Never'): PodState => ({
  pod: { metadata: {}, spec: { containers: [], restartPolicy } },
  records,
  startTime: new Date(0),
  sandboxReady: true,
  conditions: [],
  ...more,
});

describe('the phase', () => {
  test.each<[string, ContainerRecord[], string, string]>([
    ['Pending while init containers run', [record('init', running), record('main')], 'Never', 'Pending'],
    ['Failed when one failed for good', [record('init', ended(1)), record('main')], 'Never', 'Failed'],
    ['Pending when it is tried again', [record('init', ended(1)), record('main')], 'OnFailure', 'Pending'],
    ['Pending until every container has started', [record('main', running), record('main')], 'Never', 'Pending'],
    ['Running', [record('init', ended(0)), record('main', running), record('main', ended(1))], 'Never', 'Running'],
    [
      'Running while a native sidecar runs',
      [record('sidecar', running, { started: true }), record('main', ended(0))],
      'Never',
      'Running',
    ],
    ['Succeeded', [record('main', ended(0)), record('main', ended(0))], 'Never', 'Succeeded'],
    ['Failed', [record('main', ended(0)), record('main', ended(1))], 'Never', 'Failed'],
    ['Running when it will be restarted', [record('main', ended(1))], 'OnFailure', 'Running'],
    ['Running in back-off', [record('main', undefined, { lastState: ended(1) })], 'Always', 'Running'],
  ])('%s', (_, records, policy, phase) => {
    expect(podPhase(state(records, {}, policy))).toBe(phase);
  });
});

describe('the conditions', () => {
  const conditionOf = (from: PodState, type: string, now = new Date(0)): object | undefined =>
    podStatus(from, now).conditions?.find((condition) => condition.type === type);

  test('name the containers that are not ready or not initialized', () => {
    const waiting = state([record('init', running), record('main')]);
    expect(conditionOf(waiting, 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [init]',
    });
    expect(conditionOf(waiting, 'Ready')).toMatchObject({
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [main]',
    });
  });

  test('keep their time until they change', () => {
    const first = podStatus(state([record('main')]), new Date(1000));
    const later = state([record('main', running, { ready: true })], { conditions: first.conditions ?? [] });
    expect(conditionOf(later, 'PodScheduled', new Date(9000))).toMatchObject({
      lastTransitionTime: '1970-01-01T00:00:01.000Z',
    });
    expect(conditionOf(later, 'Ready', new Date(9000))).toMatchObject({
      status: 'True',
      lastTransitionTime: '1970-01-01T00:00:09.000Z',
    });
  });

  test('a Pod that the node ended says why', () => {
    const verdict = { reason: 'DeadlineExceeded', message: 'm' };
    expect(podStatus(state([record('main', running)], { verdict }), new Date(0))).toMatchObject({
      phase: 'Failed',
      ...verdict,
    });
  });
});
