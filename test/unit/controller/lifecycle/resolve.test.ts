import { SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, test } from '@jest/globals';

import { pipelineRunSpans } from '../../../../controller/lifecycle/run.ts';
import type { Condition, Param, ResolutionRequest } from '../../../../shared/tekton/types.ts';
import type { SpanRecord } from '../../../../shared/tracing/span-record.ts';
import { at, condition, ms, pipelineRun, ranRun, ranTask, ROOT, succeeded, taskRun, TRACE } from './objects.ts';
import { taskRunSpans, expectWellFormed, named } from './spans.ts';

const request = (name: string, answer: Condition | undefined, params: Param[] = []): ResolutionRequest => ({
  metadata: {
    name,
    namespace: 'ci',
    uid: `uid-${name}`,
    creationTimestamp: at(0.2),
    labels: { 'resolution.tekton.dev/type': 'git' },
  },
  spec: { params },
  status: { conditions: answer ? [{ ...answer, lastTransitionTime: at(0.9) }] : [] },
});
const build = (...resolutions: ResolutionRequest[]): SpanRecord[] =>
  pipelineRunSpans({
    run: pipelineRun(ranRun),
    own: { traceId: TRACE, spanId: ROOT, sampled: true },
    children: [],
    below: [],
    resolutions,
  });

describe('what a run asked a resolver for', () => {
  test('has a span from the request to the answer, named by what was asked for', () => {
    const spans = build(request('a', succeeded, [{ name: 'pathInRepo', value: 'ci/build.yaml' }]), request('b', succeeded)); // prettier-ignore
    expectWellFormed(spans);
    expect(named(spans, 'resolve ci/build.yaml')).toMatchObject({
      parentSpanId: ROOT,
      startMs: ms(0.2),
      endMs: ms(0.9),
      attributes: { 'tektrace.resolver': 'git', 'k8s.namespace.name': 'ci' },
      status: { code: SpanStatusCode.UNSET },
    });
    expect(named(spans, 'resolve git')).toBeDefined();
  });

  test('and did not get is an Error with the resolver’s message', () => {
    const failed = condition('False', 'ResolutionFailed', 'no such file');
    expect(named(build(request('a', failed)), 'resolve git')).toMatchObject({
      attributes: { 'error.type': 'ResolutionFailed' },
      status: { code: SpanStatusCode.ERROR, message: 'no such file' },
    });
  });

  test('has that message without credentials, cut', () => {
    const message = `clone of https://me:s3cret@git.test/a failed: ${'x'.repeat(100_000)}`;
    const { status } = named(build(request('a', condition('False', 'ResolutionFailed', message))), 'resolve git');
    expect(status.message).toMatch(/^clone of https:\/\/\[redacted\]@git.test\/a failed: x+$/);
    expect(status.message).toHaveLength(1024);
  });

  test('and waits for has no span yet', () => {
    expect(build(request('a', undefined)).map(({ name }) => name)).toEqual(['queued', 'RUN build']);
  });

  test('stands below the task, where a TaskRun asked', () => {
    const asked = { ...request('a', { ...succeeded }), metadata: { ...request('a', succeeded).metadata, creationTimestamp: at(1) } }; // prettier-ignore
    const answered = { ...asked, status: { conditions: [{ ...succeeded, lastTransitionTime: at(2) }] } };
    const spans = taskRunSpans({ taskRun: taskRun(ranTask), pods: [], fold: false, resolutions: [answered] });
    expectWellFormed(spans);
    expect(named(spans, 'resolve git').parentSpanId).toBe(named(spans, 'task compile').spanId);
  });
});
