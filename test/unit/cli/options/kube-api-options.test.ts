import { expect, test } from '@jest/globals';

import { rateLimit } from '../../../../cli/options/kube-api-options.ts';

test.each([
  [{}, {}],
  [{ 'kube-api-qps': '0' }, {}],
  [{ 'kube-api-qps': '20' }, { rateLimit: { qps: 20, burst: 40 } }],
  [{ 'kube-api-qps': '0.2' }, { rateLimit: { qps: 0.2, burst: 1 } }],
  [{ 'kube-api-qps': '20', 'kube-api-burst': '5' }, { rateLimit: { qps: 20, burst: 5 } }],
])('%j is %j', (values, expected) => {
  expect(rateLimit(values)).toEqual(expected);
});

test.each([
  [{ 'kube-api-qps': 'many' }, '--kube-api-qps: "many"'],
  [{ 'kube-api-qps': '' }, '--kube-api-qps'],
  [{ 'kube-api-qps': '-1' }, '--kube-api-qps'],
  [{ 'kube-api-qps': 'Infinity' }, '--kube-api-qps'],
  [{ 'kube-api-burst': '5' }, '--kube-api-burst: needs --kube-api-qps'],
  [{ 'kube-api-qps': '5', 'kube-api-burst': '0' }, '--kube-api-burst: must be at least 1'],
])('%j is refused by name', (values, message) => {
  expect(() => rateLimit(values)).toThrow(message);
});
