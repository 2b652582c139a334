import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { cli, withIsolation } from '../e2e/support/cli.ts';
import { startJaeger } from './support/jaeger.ts';
import type { Jaeger } from './support/jaeger.ts';

const LIMIT_MS = 300_000;
const EXAMPLES = { 'build-and-test': 0, 'task-missing': 1 };

let jaeger: Jaeger;
let document: string;
/** The run of build-and-test.yaml. */
let runName: string;

beforeAll(async () => {
  document = await readFile(resolve(import.meta.dirname, '../../docs/use-cases.md'), 'utf8');
  jaeger = await startJaeger();
  for (const [example, code] of Object.entries(EXAMPLES)) {
    const file = `examples/${example}.yaml`;
    const ended = await cli(withIsolation(['run', '-f', file, '--jaeger-collector-url', jaeger.otlpUrl]));
    expect(ended).toMatchObject({ code });
    runName ??= /default\/(build-and-test-\w+)/.exec(ended.stdout)?.[1] ?? '';
  }
}, LIMIT_MS);
afterAll(() => jaeger.stop());

/** The number of traces that Jaeger's page finds: by the service, the operation and the Tags that the document names. */
async function found(service: string, { operation, tag, value }: { operation?: string; tag?: string; value?: string }) {
  for (const name of [service, operation, tag === undefined ? undefined : `${tag}=`])
    expect(document).toContain(name ?? '');
  const query = new URLSearchParams({
    service,
    ...(operation !== undefined && { operation }),
    ...(tag !== undefined && { tags: JSON.stringify({ [tag]: value }) }),
  });
  const response = await fetch(`${jaeger.queryUrl}/api/traces?${query.toString()}`);
  return ((await response.json()) as { data: unknown[] }).data.length;
}

test('the searches of docs/use-cases.md find in Jaeger what it says', async () => {
  const runs = 'tekton-pipelines';
  const reconciler = 'pipelinerun-reconciler';
  expect(await found(runs, { operation: 'task unit-test' })).toBe(1);
  expect(await found(runs, { tag: 'pipelinerun', value: runName })).toBe(1);
  expect(await found(runs, { tag: 'cicd.pipeline.name', value: 'build-and-test' })).toBe(1);
  expect(await found(reconciler, { operation: 'PipelineRun:ReconcileKind' })).toBe(2);
  expect(await found('taskrun-reconciler', { operation: 'createPod' })).toBe(1);
  expect(await found(reconciler, { tag: 'error.type', value: 'RunFailure' })).toBe(1);
  expect(await found(reconciler, { tag: 'http.response.status_code', value: '404' })).toBe(1);
  expect(await found(runs, { tag: 'error.type', value: 'CouldntGetTask' })).toBe(1);
  expect(await found(runs, { tag: 'cicd.pipeline.result', value: 'error' })).toBe(1);
});
