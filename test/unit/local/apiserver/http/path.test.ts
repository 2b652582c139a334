import { expect, test } from '@jest/globals';
import { parseResourcePath } from '../../../../../local/apiserver/http/path.ts';

const none = {
  ...{ group: '', version: 'v1', namespace: undefined, name: undefined, subresource: undefined },
  watch: false,
};

test.each([
  ['/api/v1/pods', { ...none, resource: 'pods' }],
  ['/api/v1/namespaces', { ...none, resource: 'namespaces' }],
  ['/api/v1/namespaces/n', { ...none, resource: 'namespaces', name: 'n' }],
  ['/api/v1/namespaces/n/finalize', { ...none, resource: 'namespaces', name: 'n', subresource: 'finalize' }],
  ['/api/v1/namespaces/n/pods/p/log', { ...none, namespace: 'n', resource: 'pods', name: 'p', subresource: 'log' }],
  [
    '/apis/tekton.dev/v1/namespaces/n/taskruns/',
    { ...none, group: 'tekton.dev', namespace: 'n', resource: 'taskruns' },
  ],
  ['/api/v1/watch/namespaces/n/pods', { ...none, namespace: 'n', resource: 'pods', watch: true }],
])('%s', (path, expected) => {
  expect(parseResourcePath(path)).toEqual(expected);
});

test.each(['/', '/api', '/api/v1', '/apis/tekton.dev/v1', '/api/v1/pods/a/b/c', '/api/v1/pods/%zz', '/healthz'])(
  '%s is no resource',
  (path) => {
    expect(parseResourcePath(path)).toBeUndefined();
  },
);
