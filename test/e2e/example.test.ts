import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { beforeAll, describe, expect, test } from '@jest/globals';

import type { RunReport } from '../../cli/run/report.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { cli } from './support/cli.ts';
import { expectWhole, named, spansOf } from './support/trace.ts';
import type { FlatSpan } from './support/trace.ts';

describe('the trace of the example', () => {
  let example: { spans: FlatSpan[]; report: RunReport };
  beforeAll(async () => {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'tektrace-e2e-'));
    const file = path.join(directory, 'trace.json');
    const { code, stdout, stderr } = await cli([
      'run',
      '-f',
      'examples/build-and-test.yaml',
      '--output',
      'json',
      '--trace-out',
      file,
    ]);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    example = {
      spans: spansOf(JSON.parse(await readFile(file, 'utf8')) as TracesData),
      report: JSON.parse(stdout) as RunReport,
    };
    await rm(directory, { recursive: true });
  });

  test('comes with the report of the run', () => {
    expect(example.report).toMatchObject({
      kind: 'PipelineRun',
      succeeded: true,
      reason: 'Succeeded',
      results: { 'tests-passed': '6' },
    });
    expect(example.report.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  test('has one root that is as long as the run and says how it ended', () => {
    const root = expectWhole(example.spans);
    expect(root.name).toBe('RUN build-and-test');
    expect(root.attributes).toMatchObject({
      'cicd.pipeline.result': 'success',
      pipelinerun: example.report.name,
      namespace: 'default',
    });
    for (const span of example.spans.filter((one) => one.service === 'tekton-pipelines')) {
      expect(span.startMs).toBeGreaterThanOrEqual(root.startMs);
      expect(span.endMs).toBeLessThanOrEqual(root.endMs);
    }
  });

  test('has every task, step and wait in its place', () => {
    const root = expectWhole(example.spans);
    for (const name of ['admission', 'queued', 'task lint', 'task unit-test', 'task package', 'task report'])
      expect(named(example.spans, name).parent).toBe(root.id);
    const steps = {
      generate: 'lint',
      check: 'lint',
      run: 'unit-test',
      archive: 'package',
      digest: 'package',
      print: 'report',
    };
    for (const [step, task] of Object.entries(steps))
      expect(named(example.spans, `step ${step}`).parent).toBe(named(example.spans, `task ${task}`).id);
    for (const task of ['lint', 'unit-test', 'package', 'report']) {
      const below = example.spans
        .filter((span) => span.parent === named(example.spans, `task ${task}`).id)
        .map((span) => span.name);
      expect(below).toEqual(
        expect.arrayContaining(['pod scheduling', 'pod starting', 'init prepare', 'TaskRun:ReconcileKind']),
      );
    }
  });

  test('has the controllers’ functions below the run, and API requests below the functions that made them', () => {
    const root = expectWhole(example.spans);
    const reconciles = example.spans.filter((span) => span.name === 'PipelineRun:ReconcileKind');
    expect(new Set(reconciles.map((span) => span.parent))).toEqual(new Set([root.id]));
    const byId = new Map(example.spans.map((span) => [span.id, span]));
    const posts = example.spans.filter((span) => span.name === 'POST taskruns');
    expect(posts.map((span) => byId.get(span.parent)?.name)).toEqual(Array(4).fill('createTaskRun'));
    expect(new Set(example.spans.map((span) => span.service))).toEqual(
      new Set(['tekton-pipelines', 'pipelinerun-reconciler', 'taskrun-reconciler']),
    );
  });
});
