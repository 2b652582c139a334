import { expect, test } from '@jest/globals';

import { mergeStepTemplate } from '../../../../../controller/model/pod/step-template.ts';

test('a step overrides variables of its template by name, in the order a strategic merge gives', () => {
  const template = {
    env: [
      { name: 'KEEP', value: '1' },
      { name: 'OWN', value: '1' },
    ],
  };
  const step = {
    env: [
      { name: 'NEW', value: '2' },
      { name: 'OWN', value: '2' },
    ],
  };
  expect(mergeStepTemplate(template, step).env).toEqual([
    { name: 'NEW', value: '2' },
    { name: 'KEEP', value: '1' },
    { name: 'OWN', value: '2' },
  ]);
});

test("a step's mount replaces its template's at the same path", () => {
  const template = {
    volumeMounts: [
      { name: 'a', mountPath: '/x' },
      { name: 'b', mountPath: '/y' },
    ],
  };
  const step = { volumeMounts: [{ name: 'c', mountPath: '/x' }] };
  expect(mergeStepTemplate(template, step).volumeMounts).toEqual([
    { name: 'c', mountPath: '/x' },
    { name: 'b', mountPath: '/y' },
  ]);
});

test('limits and security settings are merged one by one, commands are not', () => {
  const template = {
    command: ['sh'],
    computeResources: { limits: { cpu: '1', memory: '1Gi' } },
    securityContext: { runAsUser: 1, capabilities: { drop: ['ALL'] } },
  };
  const step = {
    command: ['bash', '-c'],
    computeResources: { limits: { cpu: '2' } },
    securityContext: { runAsUser: 2 },
  };
  expect(mergeStepTemplate(template, step)).toEqual({
    command: ['bash', '-c'],
    computeResources: { limits: { cpu: '2', memory: '1Gi' } },
    securityContext: { runAsUser: 2, capabilities: { drop: ['ALL'] } },
  });
});

test('without a template a step is not changed', () => {
  const step = { name: 'a', image: 'x' };
  expect(mergeStepTemplate(undefined, step)).toBe(step);
});
