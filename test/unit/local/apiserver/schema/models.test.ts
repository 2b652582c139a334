import { describe, expect, test } from '@jest/globals';
import { modelSchema } from '../../../../../local/apiserver/schema/models.ts';
import { prune } from '../../../../../local/apiserver/schema/prune.ts';
import { validate } from '../../../../../local/apiserver/schema/validate.ts';

const pod = modelSchema('V1Pod');

describe('schemas of core types', () => {
  test('know every level of a Pod', () => {
    const unknown: string[] = [];
    const given = {
      spec: {
        containers: [
          { name: 'a', envv: [], env: [{ name: 'E', valueFrom: { fieldRef: { fieldPath: 'x', bad: 1 } } }] },
        ],
      },
    };
    prune(pod, given, '', unknown);
    expect(unknown).toEqual(['spec.containers[0].envv', 'spec.containers[0].env[0].valueFrom.fieldRef.bad']);
  });

  test('quantities may be numbers, ports of probes either', () => {
    const given = {
      spec: { containers: [{ resources: { limits: { cpu: 1 } }, livenessProbe: { httpGet: { port: 'http' } } }] },
    };
    const pruned = prune(pod, given, '', []);
    expect(pruned).toMatchObject({ spec: { containers: [{ resources: { limits: { cpu: '1' } } }] } });
    expect(validate(pod, pruned, '')).toEqual([]);
  });

  test('see wrong types', () => {
    expect(validate(pod, { spec: { containers: 'x' } }, '')).toMatchObject([{ field: 'spec.containers' }]);
  });

  test('a model that is not there is a fault of the program', () => {
    expect(() => modelSchema('V1Nothing')).toThrow('@kubernetes/client-node has no model V1Nothing');
  });
});
