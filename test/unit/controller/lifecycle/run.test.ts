import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, test } from '@jest/globals';

import type { PipelineRunStatus, TaskRun } from '../../../../shared/tekton/types.ts';
import { at, carrier, condition, ms, pipelineRun, ranRun, ranTask, ROOT, taskRun, TRACE } from './objects.ts';
import { pipelineRunSpans, taskRunSpans, expectWellFormed, named, names } from './spans.ts';

const build = (
  status: PipelineRunStatus | undefined,
  metadata: object = {},
  taskRuns: TaskRun[] = [],
  rest: object = {},
) => pipelineRunSpans({ run: pipelineRun(status, metadata), children: taskRuns, ...rest });
const annotated = (annotations: Record<string, string>): object => ({
  annotations: { 'tekton/pipelinerun-span-context': carrier(), ...annotations },
});

describe('a PipelineRun’s root', () => {
  const admitted = annotated({ 'tekton/admission-time': `${at(0.1)}/${at(0.2)}` });

  test('is as long as the run, from its admission on, and comes last', () => {
    const spans = build(ranRun, admitted);
    expectWellFormed(spans);
    expect(names(spans)).toEqual(['admission', 'queued', 'RUN build']);
    expect(spans.at(-1)).toMatchObject({
      spanId: ROOT,
      kind: SpanKind.SERVER,
      startMs: ms(0.1),
      endMs: ms(20),
      links: [],
    });
  });

  test('has these attributes', () => {
    const metadata = {
      labels: { 'pipelinesascode.tekton.dev/sha': 'abc123' },
      ...annotated({
        'pipelinesascode.tekton.dev/repo-url': 'https://example.com/a/b',
        'pipelinesascode.tekton.dev/source-branch': 'main',
      }),
    };
    expect(named(build(ranRun, metadata), 'RUN build').attributes).toEqual({
      'cicd.pipeline.name': 'build',
      'cicd.pipeline.run.id': 'uid-run',
      'cicd.pipeline.result': 'success',
      'k8s.namespace.name': 'ci',
      namespace: 'ci',
      pipelinerun: 'build-x7k2p',
      'vcs.repository.url.full': 'https://example.com/a/b',
      'vcs.ref.head.name': 'main',
      'vcs.ref.head.revision': 'abc123',
    });
  });

  test('has neither a repository’s credentials nor those in a message of its failure', () => {
    const url = 'https://me:s3cret@example.com/a/b';
    const failed = { ...ranRun, conditions: [condition('False', 'Failed', `${url}: ${'x'.repeat(5000)}`)] };
    const root = named(build(failed, annotated({ 'pipelinesascode.tekton.dev/repo-url': url })), 'RUN build');
    expect(root.attributes['vcs.repository.url.full']).toBe('https://[redacted]@example.com/a/b');
    expect(root.status.message).toMatch(/^https:\/\/\[redacted\]@example.com\/a\/b: x+$/);
    expect(root.status.message).toHaveLength(1024);
  });

  test('has the graph of the Pipeline: what each task depends on, but for those in finally', () => {
    const tasks = [
      { name: 'fetch' },
      { name: 'lint', runAfter: ['fetch'] },
      { name: 'test', params: [{ name: 'commit', value: '$(tasks.fetch.results.commit)' }], runAfter: ['lint'] },
      { name: 'each', matrix: { params: [{ name: 'os', value: ['$(tasks.fetch.results.os)'] }] } },
    ];
    const graph = (pipelineSpec: object): unknown =>
      named(build({ ...ranRun, pipelineSpec }), 'RUN build').attributes['tektrace.pipeline.graph'];
    expect(graph({ tasks, finally: [{ name: 'clean' }] })).toEqual([
      'fetch: ',
      'lint: fetch',
      'test: lint, fetch',
      'each: fetch',
    ]);
    const many = Array.from({ length: 4000 }, (_, index) => ({ name: `task-${index}` }));
    expect(graph({ tasks: many })).toBeUndefined();
  });

  test('is called after the Pipeline, else generateName, else the run', () => {
    const named = (run: object) =>
      pipelineRunSpans({ run: { ...pipelineRun(ranRun), ...run }, children: [] }).at(-1)?.name;
    expect(named({ spec: { pipelineRef: { name: 'release' } } })).toBe('RUN release');
    expect(named({})).toBe('RUN build');
    const { metadata } = pipelineRun(ranRun);
    const fetched = (pipeline: string) =>
      named({ metadata: { ...metadata, labels: { 'tekton.dev/pipeline': pipeline } }, spec: { pipelineRef: { resolver: 'git' } } }); // prettier-ignore
    expect(fetched('release')).toBe('RUN release');
    // What was not fetched has no name; upstream writes that of the run.
    expect(fetched('build-x7k2p')).toBe('RUN build');
    expect(named({ metadata: { ...pipelineRun(ranRun).metadata, generateName: undefined } })).toBe('RUN build-x7k2p');
  });

  test.each([
    ['Failed', 'failure', true],
    ['PipelineRunTimeout', 'timeout', true],
    ['Cancelled', 'cancellation', false],
    ['StoppedRunningFinally', 'cancellation', false],
    ['CouldntGetPipeline', 'error', true],
  ])('for the reason %s has the result %s', (reason, result, isError) => {
    const root = named(build({ ...ranRun, conditions: [condition('False', reason, 'why')] }), 'RUN build');
    expect(root.attributes).toMatchObject({ 'cicd.pipeline.result': result, 'error.type': reason });
    expect(root.status.code).toBe(isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
  });

  test('of a deleted run ends when it was gone', () => {
    const root = named(
      build({ startTime: at(1) }, { deletionTimestamp: at(5) }, [], { deletedMs: ms(9) }),
      'RUN build',
    );
    expect(root).toMatchObject({
      endMs: ms(9),
      attributes: { 'cicd.pipeline.result': 'cancellation', 'error.type': 'deleted' },
    });
  });

  test('leaves out an admission time that another object had', () => {
    const copied = annotated({ 'tekton/admission-time': '2026-04-01T00:00:00.100Z/2026-04-01T00:00:00.200Z' });
    expect(names(build(ranRun, copied))).toEqual(['queued', 'RUN build']);
  });

  test('is the same at the second build', () => {
    expect(build(ranRun, admitted)).toEqual(build(ranRun, admitted));
  });
});

describe('what stands above a root', () => {
  const other = '1'.repeat(32);
  const parent = (traceId: string): Record<string, string> => ({
    'tekton/parent-span-context': carrier(traceId, '2'.repeat(16)),
  });

  test('is its parent where the inbound trace was joined', () => {
    expect(build(ranRun, annotated(parent(TRACE))).at(-1)).toMatchObject({ parentSpanId: '2'.repeat(16), links: [] });
  });

  test('is a link where it was not', () => {
    const root = build(ranRun, annotated(parent(other))).at(-1);
    expect(root).not.toHaveProperty('parentSpanId');
    expect(root?.links).toMatchObject([{ context: { traceId: other }, attributes: { 'tektrace.link': 'inbound' } }]);
  });

  test('is a link to the original for a copy, beside that to an inbound parent of its own', () => {
    const copy = { ...parent(other), 'tekton/rerun-span-context': carrier('3'.repeat(32)) };
    expect(build(ranRun, annotated(copy)).at(-1)?.links).toMatchObject([
      { context: { traceId: '3'.repeat(32) }, attributes: { 'tektrace.link': 'rerun of' } },
      { context: { traceId: other }, attributes: { 'tektrace.link': 'inbound' } },
    ]);
  });

  test('of a child run is its owner, not what that was copied from', () => {
    const ownerReferences = [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'above', uid: 'uid-above' }];
    const inherited = annotated({ ...parent(TRACE), 'tekton/rerun-span-context': carrier(other) });
    const root = build(ranRun, { ...inherited, ownerReferences }).at(-1);
    expect(root).toMatchObject({ parentSpanId: '2'.repeat(16), links: [] });
  });

  test('is no parent that a client wrote and nobody checked', () => {
    const managedFields = [
      {
        manager: 'x',
        operation: 'Update',
        fieldsV1: { 'f:metadata': { 'f:annotations': { 'f:tekton/parent-span-context': {} } } },
      },
    ];
    const claimed = { ...annotated(parent(TRACE)), managedFields };
    expect(build(ranRun, claimed).at(-1)).not.toHaveProperty('parentSpanId');
  });

  test('is a parent all the same where a joined run says that it reruns another', () => {
    const both = { ...parent(TRACE), 'tekton/rerun-span-context': carrier(other) };
    expect(build(ranRun, annotated(both)).at(-1)).toMatchObject({ parentSpanId: '2'.repeat(16), links: [{}] });
  });
});

test('a run and its TaskRuns make one whole tree', () => {
  const children = [taskRun(ranTask), taskRun(ranTask, {}, 'lint')];
  const all = [
    ...children.flatMap((one) => taskRunSpans({ taskRun: one, pods: [], fold: false })),
    ...build(ranRun, {}, children),
  ];
  expectWellFormed(all);
});
