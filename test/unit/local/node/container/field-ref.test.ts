import { describe, expect, test } from '@jest/globals';

import { fieldValue, resourceValue } from '../../../../../local/node/container/field-ref.ts';
import { parseQuantity } from '../../../../../local/node/container/quantity.ts';
import type { Pod } from '../../../../../local/node/types.ts';

const pod: Pod = {
  metadata: {
    name: 'p',
    namespace: 'n',
    uid: 'u',
    labels: { b: '2', a: 'say "x"' },
    annotations: { 'tekton.dev/ready': 'READY' },
  },
  spec: { containers: [], nodeName: 'node' },
};

describe('downward API fields', () => {
  test.each([
    ['metadata.name', 'p'],
    ['metadata.labels', 'a="say \\"x\\""\nb="2"'],
    ["metadata.annotations['tekton.dev/ready']", 'READY'],
    ["metadata.labels['none']", ''],
    ['spec.nodeName', 'node'],
    ['spec.serviceAccountName', 'default'],
  ])('%s', (path, expected) => {
    expect(fieldValue(pod, path)).toBe(expected);
  });

  test('an unknown field is refused', () => {
    expect(() => fieldValue(pod, 'spec.priority')).toThrow('unsupported fieldPath: spec.priority');
  });
});

describe('resource fields', () => {
  const container = { name: 'c', resources: { limits: { cpu: '1500m', memory: '1Gi' }, requests: { cpu: '250m' } } };

  test.each([
    [{ resource: 'limits.cpu' }, '2'],
    [{ resource: 'limits.cpu', divisor: '1m' }, '1500'],
    [{ resource: 'requests.cpu', divisor: '1m' }, '250'],
    [{ resource: 'requests.memory', divisor: '1Mi' }, '1024'],
    [{ resource: 'requests.ephemeral-storage' }, '0'],
  ])('%j is %s', (selector, expected) => {
    expect(resourceValue(container, selector)).toBe(expected);
  });

  test('a limit that is not set is what the node has', () => {
    expect(Number(resourceValue({ name: 'c' }, { resource: 'limits.memory' }))).toBeGreaterThan(0);
  });

  test.each(['1.5.2', '10 Gi', 'Gi', '5X'])('the quantity %s is refused', (text) => {
    expect(() => parseQuantity(text)).toThrow(`unable to parse quantity "${text}"`);
  });
});
