import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { SpanKind } from '@opentelemetry/api';
import { expect, test } from '@jest/globals';

import { requestedResource } from '../../../../shared/tracing/http-instrumentation.ts';

test('an API request is a client span below the function that made it; one outside of a reconcile is none', async () => {
  const program = new URL('http-requests.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [program], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(JSON.parse(stdout)).toEqual([
    { name: 'PipelineRun:ReconcileKind', kind: SpanKind.INTERNAL, parent: null },
    { name: 'PATCH pipelineruns/status', kind: SpanKind.CLIENT, parent: 'updateStatus' },
    { name: 'updateStatus', kind: SpanKind.INTERNAL, parent: 'PipelineRun:ReconcileKind' },
  ]);
});

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
