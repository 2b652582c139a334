import { describe, expect, test } from '@jest/globals';

import type { Pod, PodStatus } from '../../../../../shared/kubernetes/pod.ts';
import { isFinished, observedOf } from '../../../../../controller/model/pod/observed.ts';

const pod = (status: PodStatus): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'build-pod', uid: 'uid' },
  status,
});
const running = { name: 'step-a', state: { running: { startedAt: '2026-05-01T10:00:00Z' } } };
const ended = { name: 'step-a', state: { terminated: { exitCode: 0 } } };
const condition = (status: string, lastTransitionTime?: string) => ({
  type: 'PodScheduled',
  status,
  ...(lastTransitionTime ? { lastTransitionTime } : {}),
});

describe('the observed fields of a Pod change', () => {
  test.each<[string, PodStatus, PodStatus]>([
    ['with the phase', { phase: 'Pending' }, { phase: 'Running' }],
    ['with the reason of the whole Pod', { phase: 'Failed' }, { phase: 'Failed', reason: 'Evicted' }],
    [
      "with a step's state",
      { phase: 'Running', containerStatuses: [running] },
      { phase: 'Running', containerStatuses: [ended] },
    ],
    [
      "with a sidecar's readiness",
      { phase: 'Running', containerStatuses: [{ ...running, name: 'proxy' }] },
      { phase: 'Running', containerStatuses: [{ ...running, name: 'proxy', ready: true }] },
    ],
    [
      'with an init container that can not start',
      { initContainerStatuses: [{ name: 'prepare', state: { waiting: { reason: 'PodInitializing' } } }] },
      { initContainerStatuses: [{ name: 'prepare', state: { waiting: { reason: 'ImagePullBackOff' } } }] },
    ],
    [
      'with a step that can not start',
      { containerStatuses: [{ name: 'step-a', state: { waiting: { reason: 'ContainerCreating' } } }] },
      { containerStatuses: [{ name: 'step-a', state: { waiting: { reason: 'CreateContainerError' } } }] },
    ],
    ['with what a pending Pod waits for', { conditions: [condition('False')] }, { conditions: [condition('True')] }],
  ])('%s', (_what, before, after) => expect(observedOf(pod(after))).not.toEqual(observedOf(pod(before))));
});

describe('it stays the same', () => {
  test.each<[string, PodStatus, PodStatus]>([
    [
      'when only times of conditions change',
      { conditions: [condition('False', '2026-05-01T10:00:00Z')] },
      { conditions: [condition('False', '2026-05-01T10:00:01Z')] },
    ],
    [
      'when the init containers take their turns',
      { initContainerStatuses: [{ name: 'prepare', state: { waiting: { reason: 'PodInitializing' } } }] },
      { initContainerStatuses: [{ name: 'prepare', state: { terminated: { exitCode: 0 } } }] },
    ],
    [
      'while a Pod starts as every Pod does',
      { phase: 'Pending' },
      {
        phase: 'Pending',
        conditions: [
          condition('True'),
          { type: 'Initialized', status: 'False', reason: 'ContainersNotInitialized', message: 'incomplete' },
        ],
        initContainerStatuses: [{ name: 'prepare', state: { running: {} } }],
        containerStatuses: [{ name: 'step-a', state: { waiting: { reason: 'PodInitializing' } } }],
      },
    ],
    ['when a running Pod gets conditions', { phase: 'Running' }, { phase: 'Running', conditions: [condition('True')] }],
    [
      "with a step's readiness",
      { phase: 'Running', containerStatuses: [running] },
      { phase: 'Running', containerStatuses: [{ ...running, ready: true }] },
    ],
  ])('%s', (_what, before, after) => expect(observedOf(pod(after))).toEqual(observedOf(pod(before))));
});

test('a Pod is finished with its last step, before its phase changes', () => {
  expect(isFinished(pod({ phase: 'Running', containerStatuses: [ended, { ...running, name: 'step-b' }] }))).toBe(false);
  expect(isFinished(pod({ phase: 'Running', containerStatuses: [ended, { ...running, name: 'sidecar-s' }] }))).toBe(
    true,
  );
});
