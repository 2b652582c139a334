import { expect, test } from '@jest/globals';

import { requestedResource } from '../../../../shared/kubernetes/resources.ts';

test.each([
  ['/api/v1/namespaces/ci/pods', 'pods'],
  ['/api/v1/namespaces/ci/pods/a-1', 'pods'],
  ['/api/v1/namespaces/ci/pods/a-1/log?follow=true', 'pods/log'],
  ['/apis/tekton.dev/v1/namespaces/ci/taskruns/a/status', 'taskruns/status'],
  ['/apis/tekton.dev/v1/pipelineruns?watch=true', 'pipelineruns'],
  ['/api/v1/namespaces/ci', 'namespaces'],
  ['/api/v1/nodes/n1', 'nodes'],
  ['/version', undefined],
  ['/api/v1', undefined],
])('%s is a request for %s', (path, resource) => {
  expect(requestedResource(path)).toBe(resource);
});
