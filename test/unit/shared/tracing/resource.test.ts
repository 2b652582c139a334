import { expect, test } from '@jest/globals';

import { readResourceAttributes, serviceResource } from '../../../../shared/tracing/resource.ts';
import { logLines } from './log-lines.ts';

function read(value: string, more: Record<string, string> = {}) {
  const { log, lines } = logLines();
  return { attributes: readResourceAttributes({ OTEL_RESOURCE_ATTRIBUTES: value, ...more }, log), lines };
}

test.each([
  [
    'deployment.environment.name=ci,k8s.cluster.name=a',
    { 'deployment.environment.name': 'ci', 'k8s.cluster.name': 'a' },
  ],
  [' a = 1 , b=two%20words ,', { a: '1', b: 'two words' }],
  ['a%3Db=c%2Cd%3De%25', { 'a=b': 'c,d=e%' }],
  ['city=K%C3%B6ln', { city: 'Köln' }],
  ['a=1,a=2', { a: '2' }],
  ['a=', { a: '' }],
  ['__proto__=x', JSON.parse('{"__proto__":"x"}') as Record<string, string>],
  ['', {}],
  [' ', {}],
])('%p', (value, expected) => {
  expect(read(value)).toEqual({ attributes: expected, lines: [] });
});

test.each([
  ['a=1,token', 2, 'expected key=value'],
  ['=token', 1, 'the key is missing'],
  ['a=1,b=to=ken', 2, '%3D'],
  ['a=1,b=2,c=token%zz', 3, 'a % has to be followed'],
  ['token%ff=1', 1, 'a % has to be followed'],
])(
  '%p has an invalid entry: none is used, and one warning has its number, without its value',
  (value, entry, reason) => {
    const { attributes, lines } = read(value);
    expect(attributes).toEqual({});
    expect(lines).toMatchObject([
      { level: 'warn', variable: 'OTEL_RESOURCE_ATTRIBUTES', entry, reason: expect.stringContaining(reason) },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/token|ken"/);
  },
);

test('names of services and hosts stay ours: a trace and its clock hang on them', () => {
  const { attributes, lines } = read('service.name=mine,host.name=h,service.namespace=team', {
    OTEL_SERVICE_NAME: 'x',
  });
  expect(attributes).toEqual({ 'service.namespace': 'team' });
  expect(lines).toMatchObject([{ variable: 'OTEL_SERVICE_NAME' }, { key: 'service.name' }, { key: 'host.name' }]);
  expect(serviceResource('s', 'c', { ...attributes, 'host.id': 'other' }).attributes).toEqual({
    'service.namespace': 'team',
    'service.name': 's',
    'host.id': 'c',
    'host.name': 'c',
    ip: 'c',
  });
});
