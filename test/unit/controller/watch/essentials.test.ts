import { expect, test } from '@jest/globals';

import { essentialCustomRun, essentialPodEvent, essentialResolution } from '../../../../controller/watch/essentials.ts';
import type { PodEvent } from '../../../../controller/watch/essentials.ts';
import type { CustomRun, ResolutionRequest } from '../../../../shared/tekton/types.ts';

const metadata = { name: 'x', namespace: 'ci', uid: 'u', resourceVersion: '7', managedFields: [{ manager: 'm' }] };
const event = (rest: Partial<PodEvent> = {}): PodEvent => ({
  metadata,
  involvedObject: { uid: 'uid-pod', name: 'build-compile-pod', fieldPath: 'spec.containers{step-a}' },
  reason: 'Pulled',
  message: 'Successfully pulled image "a" in 1s',
  firstTimestamp: '2026-05-01T10:00:03Z',
  lastTimestamp: '2026-05-01T10:00:03Z',
  eventTime: null,
  count: 1,
  ...rest,
});
const about = (name: string): PodEvent => event({ involvedObject: { uid: 'u', name } });

test('of the cluster’s Events those about the start of TaskRuns’ Pods are kept, and of these what a span is made of', () => {
  expect(essentialPodEvent(event())).toEqual({
    metadata: { name: 'x', namespace: 'ci', uid: 'u', resourceVersion: '7' },
    involvedObject: { uid: 'uid-pod', fieldPath: 'spec.containers{step-a}' },
    reason: 'Pulled',
    message: 'Successfully pulled image "a" in 1s',
    firstTimestamp: '2026-05-01T10:00:03Z',
    lastTimestamp: '2026-05-01T10:00:03Z',
    count: 1,
  });
  expect(essentialPodEvent(about('build-compile-pod-retry2'))).toBeDefined();
  expect(essentialPodEvent(event({ reason: 'FailedMount' }))).toBeDefined();
  expect(essentialPodEvent(about('web-7d9f'))).toBeUndefined();
  expect(essentialPodEvent(event({ reason: 'BackOff' }))).toBeUndefined();
  expect(essentialPodEvent(event({ involvedObject: {} }))).toBeUndefined();
});

test('the message of an Event takes no more than a kilobyte', () => {
  expect(essentialPodEvent(event({ message: 'x'.repeat(5000) }))?.message).toHaveLength(1024);
});

test('a CustomRun is kept without its embedded spec, results and managed fields', () => {
  const customRun = {
    metadata,
    spec: {
      customSpec: { apiVersion: 'example.dev/v1', kind: 'Wait', spec: { script: 'long' } },
      params: [{ name: 'os', value: 'linux' }],
    },
    status: { conditions: [], completionTime: 't', results: [{ name: 'r', value: 'v' }] },
  } as unknown as CustomRun;
  expect(essentialCustomRun(customRun)).toEqual({
    metadata: { name: 'x', namespace: 'ci', uid: 'u', resourceVersion: '7' },
    spec: {
      customSpec: { apiVersion: 'example.dev/v1', kind: 'Wait' },
      params: [{ name: 'os', value: 'linux' }],
    },
    status: { conditions: [], completionTime: 't' },
  });
});

test('a ResolutionRequest is kept without what was resolved, and without params that may hold a credential', () => {
  const request = {
    metadata,
    spec: {
      params: [
        { name: 'url', value: 'https://user:token@example.com/a.git' },
        { name: 'token', value: 'secret' },
        { name: 'pathInRepo', value: 'tasks/build.yaml' },
      ],
      url: 'https://user:token@example.com/a.git',
    },
    status: { conditions: [{ type: 'Succeeded', status: 'True' }], data: 'YQ==' },
  } as unknown as ResolutionRequest;
  expect(essentialResolution(request)).toEqual({
    metadata: { name: 'x', namespace: 'ci', uid: 'u', resourceVersion: '7' },
    spec: { params: [{ name: 'pathInRepo', value: 'tasks/build.yaml' }] },
    status: { conditions: [{ type: 'Succeeded', status: 'True' }] },
  });
});

test('objects without the fields that the API lets be absent are no error', () => {
  const bare = { metadata } as CustomRun & ResolutionRequest;
  expect(essentialCustomRun(bare).spec).toEqual({});
  expect(essentialResolution(bare).spec).toEqual({});
  const { message: _message, ...silent } = event();
  expect(essentialPodEvent(silent)?.message).toBe('');
});
