import { expect, test } from '@jest/globals';
import { negotiate } from '../../../../../local/apiserver/http/negotiate.ts';

const kubectl =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

test('the first form that is offered', () => {
  expect(negotiate(kubectl, ['Table'])).toBe('Table');
  expect(negotiate(kubectl, [])).toBe('Object');
  expect(negotiate('application/vnd.kubernetes.protobuf,application/json', ['Table'])).toBe('Object');
  expect(negotiate(undefined, ['Table'])).toBe('Object');
});

test('nothing but a form that is not there is 406', () => {
  expect(() => negotiate('application/vnd.kubernetes.protobuf', ['Table'])).toThrow(
    'only the following media types are accepted: application/json',
  );
});
