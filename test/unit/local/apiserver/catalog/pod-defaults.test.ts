import { expect, test } from '@jest/globals';

import { defaultPod } from '../../../../../local/apiserver/catalog/pod-defaults.ts';

function pullPolicyOf(image: string): unknown {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers: [{ name: 'main', image }] } };
  defaultPod(pod);
  const [container] = pod.spec.containers as Record<string, unknown>[];
  return container?.['imagePullPolicy'];
}

test.each([
  ['a', 'Always'],
  ['a:latest', 'Always'],
  ['registry.dev:5000/a/b', 'Always'],
  ['a:1', 'IfNotPresent'],
  ['a@sha256:0', 'IfNotPresent'],
  ['a:latest@sha256:0', 'IfNotPresent'],
  ['A B', 'IfNotPresent'],
])('the image %s is pulled: %s', (image, policy) => {
  expect(pullPolicyOf(image)).toBe(policy);
});

test('long names are read at once', () => {
  for (const image of ['@'.repeat(1_000_000), `${'a'.repeat(1_000_000)}!`, ':a'.repeat(500_000)])
    expect(pullPolicyOf(image)).toBe('IfNotPresent');
});
