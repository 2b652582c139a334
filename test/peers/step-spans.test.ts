import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { RunReport } from '../../cli/run/report.ts';
import { cli } from '../e2e/support/cli.ts';
import { readTrace } from './support/jaeger-trace.ts';
import type { JaegerTrace, ShownSpan } from './support/jaeger-trace.ts';
import { startJaeger } from './support/jaeger.ts';
import type { Jaeger } from './support/jaeger.ts';

const OTHER_TRACE = 'f'.repeat(32);

/** The second step sends one span below the first step, which has ended, and one that claims another trace, the first step's id and a service of the product. */
const late = {
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { generateName: 'late-' },
  spec: {
    taskSpec: {
      steps: [
        { name: 'first', image: 'node', script: '#!/bin/sh\necho "$TRACEPARENT" > /workspace/first' },
        {
          name: 'second',
          image: 'node',
          script: `#!/usr/bin/env node
const [, traceId, first] = require('node:fs').readFileSync('/workspace/first', 'utf8').split('-');
const [name, token] = process.env.OTEL_EXPORTER_OTLP_HEADERS.split('=');
const now = () => String(BigInt(Date.now()) * 1000000n);
const span = (spanId, name, more) => ({ traceId, spanId, parentSpanId: first, name, startTimeUnixNano: now(), endTimeUnixNano: String(BigInt(now()) + 5000000n), ...more });
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'tekton-pipelines' } }] };
const spans = [span('00000000000000a1', 'late'), span('00000000000000a2', 'elsewhere', { traceId: '${OTHER_TRACE}' }), span(first, 'forged')];
fetch(process.env.OTEL_EXPORTER_OTLP_ENDPOINT + '/v1/traces', {
  method: 'POST',
  headers: { [name]: token, 'content-type': 'application/json' },
  body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
}).then((response) => process.exit(response.status === 200 ? 0 : 1));
`,
        },
      ],
    },
  },
};

describe.each(['otlpUrl', 'thriftUrl'] as const)('spans made inside a step, in the real Jaeger (%s)', (url) => {
  let jaeger: Jaeger;
  let directory: string;
  beforeAll(async () => {
    jaeger = await startJaeger();
    directory = await mkdtemp(join(tmpdir(), 'tektrace-steps-'));
  });
  afterAll(async () => {
    await jaeger.stop();
    await rm(directory, { recursive: true });
  });

  async function traceOf(file: string): Promise<JaegerTrace> {
    const { code, stdout, stderr } = await cli([
      'run',
      '-f',
      file,
      '-o',
      'json',
      '--jaeger-collector-url',
      jaeger[url],
    ]);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    return readTrace(jaeger, (JSON.parse(stdout) as RunReport).traceId ?? '');
  }
  const find = ({ shown }: JaegerTrace, name: string): ShownSpan | undefined =>
    shown.find((span) => span.name === name);
  const above = (trace: JaegerTrace, name: string): string | undefined =>
    trace.shown.find(({ spanId }) => spanId === find(trace, name)?.parentSpanId)?.name;

  test('they are below their step, of their own service, and nothing is warned of', async () => {
    const trace = await traceOf('examples/spans-in-steps.yaml');
    expect(['compile all', 'parse', 'compile core', 'link'].map((name) => above(trace, name))).toEqual([
      'step compile',
      ...Array<string>(3).fill('compile all'),
    ]);
    expect(find(trace, 'parse')?.service).toBe('compiler');
    expect(trace.warnings).toEqual([]);
  });

  test("a late one is there with its sender; another trace and an id of the run can't be claimed", async () => {
    const file = join(directory, 'late.json');
    await writeFile(file, JSON.stringify(late));
    const trace = await traceOf(file);
    expect(above(trace, 'late')).toBe('step first');
    expect(trace.shown.filter(({ name }) => name === 'forged' || name === 'elsewhere')).toEqual([]);
    expect(trace.stored.filter(({ spanId }) => spanId === find(trace, 'step first')?.spanId)).toHaveLength(1);
    const response = await fetch(`${jaeger.queryUrl}/api/v3/traces/${OTHER_TRACE}`);
    expect(response.status).toBe(404);
    expect(trace.warnings).toEqual([]);
  });
});
