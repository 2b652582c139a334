import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { TracesData } from '../../shared/otlp/types.ts';
import { isolation, isolations } from '../support/isolations.ts';
import { cli } from './support/cli.ts';
import { expectWhole, named, spansOf } from './support/trace.ts';
import type { FlatSpan } from './support/trace.ts';

/** Steps have the programs of this machine's standard directories, not those of a person's PATH. */
const hasProgram = (name: string): boolean => {
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${name}`], { env, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const run = (step: object): string =>
  JSON.stringify({
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { generateName: 'env-' },
    spec: {
      taskSpec: {
        steps: [{ name: 'show', image: 'busybox', script: '#!/bin/sh\nenv | grep ^OTEL || true\n', ...step }],
      },
    },
  });

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'tektrace-e2e-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function execute(file: string, isolation: string): Promise<{ spans: FlatSpan[]; stdout: string; text: string }> {
  const traceFile = path.join(directory, 'trace.json');
  const { code, stdout, stderr } = await cli(['run', '-f', file, '--isolation', isolation, '--trace-out', traceFile]);
  expect({ code, stderr: code === 0 ? '' : stderr + stdout }).toEqual({ code: 0, stderr: '' });
  const text = await readFile(traceFile, 'utf8');
  return { spans: spansOf(JSON.parse(text) as TracesData), stdout, text };
}

// What a step reaches over the network differs with the isolation, so both are tried.
describe.each(isolations)('in %s isolation', (isolation) => {
  test('the spans that the example makes inside its steps are below them, and in the drawing', async () => {
    const { spans, stdout, text } = await execute('examples/spans-in-steps.yaml', isolation);
    expectWhole(spans);
    const above = (name: string): string | undefined => spans.find(({ id }) => id === named(spans, name).parent)?.name;
    expect(above('compile all')).toBe('step compile');
    for (const name of ['parse', 'compile api', 'compile core', 'compile web', 'link'])
      expect(above(name)).toBe('compile all');
    expect(stdout).toMatch(/└ compile all/);
    if (hasProgram('curl')) expect(above('browser tests')).toBe('step test');
    // The token is for the step alone.
    expect(text).not.toContain('tektrace-step-token');
  });

  test('the tests of a test runner are below the step that ran them, each below its suite', async () => {
    const { spans } = await execute('examples/spans-of-tests.yaml', isolation);
    expectWhole(spans);
    const above = (name: string): string | undefined => spans.find(({ id }) => id === named(spans, name).parent)?.name;
    for (const name of ['cart', 'the catalogue loads']) expect(above(name)).toBe('step test');
    for (const name of ['is empty at first', 'adds up', 'keeps its cents']) expect(above(name)).toBe('cart');
  });
});

test('a step gets the three variables, and none of them where it sets one itself', async () => {
  const file = path.join(directory, 'run.json');
  await writeFile(file, run({}));
  const names = ({ stdout }: { stdout: string }): string[] =>
    [...stdout.matchAll(/(OTEL_\w+)=/g)].map(([, name = '']) => name).sort();
  expect(names(await execute(file, isolation))).toEqual([
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_HEADERS',
    'OTEL_EXPORTER_OTLP_PROTOCOL',
  ]);
  await writeFile(
    file,
    run({ env: [{ name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', value: 'http://collector:4318/v1/traces' }] }),
  );
  expect(names(await execute(file, isolation))).toEqual(['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
});
