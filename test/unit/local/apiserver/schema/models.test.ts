import { describe, expect, test } from '@jest/globals';
import { definitionName } from '../../../../../local/apiserver/schema/definitions.ts';
import { applyDefaults } from '../../../../../local/apiserver/schema/defaults.ts';
import { namedSchema } from '../../../../../local/apiserver/schema/models.ts';
import { noUnknownFields, prune } from '../../../../../local/apiserver/schema/prune.ts';
import { validate } from '../../../../../local/apiserver/schema/validate.ts';

const pod = namedSchema('io.k8s.api.core.v1.Pod');

describe('schemas of built-in types', () => {
  test('know every level of a Pod', () => {
    const unknown = noUnknownFields();
    const given = {
      spec: {
        containers: [
          { name: 'a', envv: [], env: [{ name: 'E', valueFrom: { fieldRef: { fieldPath: 'x', bad: 1 } } }] },
        ],
      },
    };
    prune(pod, given, '', unknown);
    expect(unknown.paths).toEqual(['spec.containers[0].envv', 'spec.containers[0].env[0].valueFrom.fieldRef.bad']);
  });

  test('quantities may be numbers, ports of probes either', () => {
    const given = {
      spec: { containers: [{ resources: { limits: { cpu: 1 } }, livenessProbe: { httpGet: { port: 'http' } } }] },
    };
    const pruned = prune(pod, given, '', noUnknownFields());
    expect(pruned).toMatchObject({ spec: { containers: [{ resources: { limits: { cpu: '1' } } }] } });
    expect(validate(pod, pruned, '')).toEqual([]);
  });

  test('see wrong types', () => {
    expect(validate(pod, { spec: { containers: 'x' } }, '')).toMatchObject([{ field: 'spec.containers' }]);
  });

  test('fill in what Go always writes: empty structs, zero values, times that are null', () => {
    const object = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    applyDefaults(pod, object);
    expect(object).toEqual({
      metadata: {},
      spec: {},
      status: { conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: null }] },
    });
    expect(validate(pod, object, '')).toEqual([]);
  });

  test('a type may contain itself', () => {
    const crd = namedSchema(
      definitionName({ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' }),
    );
    const version = crd.properties?.['spec']?.properties?.['versions']?.items;
    const props = version?.properties?.['schema']?.properties?.['openAPIV3Schema'];
    const inner = props?.properties?.['properties']?.additionalProperties;
    expect(inner).toMatchObject({ properties: { not: { properties: { description: { type: 'string' } } } } });
  });

  test('a definition that is not there is a fault of the program', () => {
    expect(() => namedSchema('io.k8s.Nothing')).toThrow('no definition io.k8s.Nothing in definitions.json');
    expect(() => definitionName({ group: '', version: 'v1', kind: 'Nothing' })).toThrow('no definition of /v1 Nothing');
  });
});
