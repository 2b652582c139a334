import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { SpanKind } from '@opentelemetry/api';
import { expect, test } from '@jest/globals';

test('an API request is a client span below the function that made it; one outside of a reconcile is none', async () => {
  const program = new URL('http-requests.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [program], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(JSON.parse(stdout)).toEqual([
    { name: 'PipelineRun:ReconcileKind', kind: SpanKind.INTERNAL, parent: null },
    { name: 'PATCH pipelineruns/status', kind: SpanKind.CLIENT, parent: 'updateStatus' },
    { name: 'updateStatus', kind: SpanKind.INTERNAL, parent: 'PipelineRun:ReconcileKind' },
    // Put off once: each time it was sent is a request.
    { name: 'POST taskruns', kind: SpanKind.CLIENT, parent: 'createTaskRun' },
    { name: 'POST taskruns', kind: SpanKind.CLIENT, parent: 'createTaskRun' },
    { name: 'createTaskRun', kind: SpanKind.INTERNAL, parent: 'PipelineRun:ReconcileKind' },
  ]);
});
