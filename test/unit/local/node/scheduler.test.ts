import { expect, test } from '@jest/globals';

import { unschedulable } from '../../../../local/node/scheduler.ts';
import type { Pod } from '../../../../local/node/types.ts';

const pod = (spec: Partial<Pod['spec']>): Pod => ({
  metadata: { name: 'p', namespace: 'n' },
  spec: { containers: [], ...spec },
});
const withPort = (containerPort: number, protocol?: string): Pod =>
  pod({ containers: [{ name: 'c', ports: [{ containerPort, protocol }] }] });
const reason = (wanted: Pod, running: Pod[] = [], claims: string[] = []): string | undefined =>
  unschedulable(wanted, running, 'node', (key) => claims.includes(key));

test('a Pod that asks for nothing special runs', () => {
  expect(reason(pod({}))).toBeUndefined();
});

test('ports are the machine’s: two Pods can’t hold the same one', () => {
  expect(reason(withPort(80), [withPort(80)])).toContain("didn't have free ports");
  expect(reason(withPort(80), [withPort(81), withPort(80, 'UDP')])).toBeUndefined();
});

test('a claim must exist', () => {
  const wanted = pod({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] });
  expect(reason(wanted)).toContain('persistentvolumeclaim "c" not found');
  expect(reason(wanted, [], ['n/c'])).toBeUndefined();
});

test('a node selector must match', () => {
  expect(reason(pod({ nodeSelector: { 'kubernetes.io/os': 'linux' } }))).toBeUndefined();
  expect(reason(pod({ nodeSelector: { gpu: 'yes' } }))).toContain("didn't match Pod's node affinity/selector");
});
