import { SpanStatusCode } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { CustomRun, Param, ResolutionRequest } from '../../../../shared/tekton/types.ts';
import { deriveSpanId } from '../../../../shared/tracing/ids.ts';
import { Lifecycle, RUN } from './lifecycle.ts';
import { at, carrier, condition, ms, pipelineRun, ranRun, ROOT, succeeded, TRACE } from './objects.ts';

const CUSTOM = 'build-x7k2p-approve';
const status = { ...ranRun, childReferences: [{ kind: 'CustomRun', name: CUSTOM, pipelineTaskName: 'approve' }] };
const started = { startTime: at(1), childReferences: status.childReferences };
const owner = [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: RUN, uid: 'uid-run' }];

function customRun(state: CustomRun['status'], params: Param[] = []): CustomRun {
  return {
    metadata: {
      name: CUSTOM,
      namespace: 'ci',
      uid: 'uid-approve',
      creationTimestamp: at(3),
      labels: { 'tekton.dev/pipelineTask': 'approve' },
      ownerReferences: owner,
    },
    spec: { customRef: { apiVersion: 'example.dev/v1', kind: 'Approval' }, params },
    ...(state && { status: state }),
  };
}
const approved = { completionTime: at(9.5), conditions: [succeeded] };

let lifecycle: Lifecycle;
beforeEach(() => {
  lifecycle = new Lifecycle();
});
afterEach(() => lifecycle.stop());

const custom = () => lifecycle.accepted.flat().filter(({ name }) => name.startsWith('custom'));
const timeMs = ([seconds, nanos]: readonly [number, number]): number => seconds * 1000 + nanos / 1e6;

describe('a custom task', () => {
  test('has a span from the creation of its CustomRun to its completion, with the result', async () => {
    lifecycle.api.put('customruns', customRun(approved));
    lifecycle.api.put('pipelineruns', pipelineRun(status));
    await lifecycle.start();
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
    const [span] = custom();
    expect(span).toMatchObject({
      name: 'custom approve',
      parentSpanContext: { spanId: ROOT },
      attributes: {
        'cicd.pipeline.task.name': 'approve',
        'cicd.pipeline.task.run.id': 'uid-approve',
        'cicd.pipeline.task.run.result': 'success',
        'tektrace.custom_task': 'example.dev/v1 Approval',
        'k8s.namespace.name': 'ci',
        customrun: CUSTOM,
        pipelinerun: RUN,
      },
    });
    expect(span?.spanContext().spanId).toBe(deriveSpanId(TRACE, 'custom', 'uid-approve'));
    expect([timeMs(span!.startTime), timeMs(span!.endTime)]).toEqual([ms(3), ms(9.5)]);
    expect(lifecycle.api.patches.map(({ name }) => name)).toEqual([RUN]);
  });

  test('is shown as soon as it has ended, once, while its run goes on', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(started));
    lifecycle.api.put('customruns', customRun({ conditions: [condition('Unknown', 'Running')] }));
    lifecycle.api.put('customruns', customRun(approved));
    await lifecycle.until(() => custom().length > 0);
    lifecycle.api.put('pipelineruns', pipelineRun(status));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
    expect(custom()).toHaveLength(1);
  });

  test('that ended by a clock that is ahead is cut to its run, whose end has to be known for that', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(started));
    lifecycle.api.put('customruns', customRun({ ...approved, completionTime: at(40) }));
    await lifecycle.until(() => lifecycle.sent().includes('queued'));
    lifecycle.api.put('pipelineruns', pipelineRun(status));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
    expect(custom().map(({ endTime }) => timeMs(endTime))).toEqual([ms(20)]);
    expect(custom()[0]?.attributes).toMatchObject({ 'tektrace.actual_end': new Date(ms(40)).toISOString() });
  });

  test.each([
    ['Rejected', 'error', true],
    ['Failed', 'failure', true],
    ['CustomRunTimedOut', 'timeout', true],
    ['CustomRunCancelled', 'cancellation', false],
  ])('that ended for the reason %s has the result %s', async (reason, result, isError) => {
    lifecycle.api.put('customruns', customRun({ ...approved, conditions: [condition('False', reason, 'why')] }));
    lifecycle.api.put('pipelineruns', pipelineRun(status));
    await lifecycle.start();
    await lifecycle.until(() => custom().length > 0);
    expect(custom()[0]).toMatchObject({
      attributes: { 'cicd.pipeline.task.run.result': result, 'error.type': reason },
      status: isError ? { code: SpanStatusCode.ERROR, message: 'why' } : { code: SpanStatusCode.UNSET },
    });
  });

  test('that is a member of a matrix is named by its values', async () => {
    const tasks = [{ name: 'approve', matrix: { params: [{ name: 'stage', value: ['test', 'prod'] }] } }];
    lifecycle.api.put('customruns', customRun(approved, [{ name: 'stage', value: 'prod' }]));
    lifecycle.api.put('pipelineruns', pipelineRun({ ...status, pipelineSpec: { tasks } }));
    await lifecycle.start();
    await lifecycle.until(() => custom().length > 0);
    expect(custom()[0]).toMatchObject({
      name: 'custom approve (prod)',
      attributes: { 'tektrace.matrix.stage': 'prod' },
    });
  });

  test('that has not ended holds up the root of its run for half a minute, and is shown to that end', async () => {
    lifecycle.api.put('customruns', customRun({ conditions: [condition('Unknown', 'Running')] }));
    lifecycle.api.put('pipelineruns', pipelineRun(status));
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'other', uid: 'uid-other', annotations: { 'tekton/pipelinerun-span-context': carrier('9'.repeat(32)) } })); // prettier-ignore
    await lifecycle.start();
    await lifecycle.until(() => lifecycle.mark('pipelineruns', 'other') !== undefined);
    expect(lifecycle.mark('pipelineruns', RUN)).toBeUndefined();
    lifecycle.nowMs = ms(51);
    lifecycle.api.put('customruns', customRun({ conditions: [condition('Unknown', 'Running', 'still')] }));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
    expect(custom()[0]).toMatchObject({ attributes: { 'tektrace.unfinished': true } });
  });

  test('whose CustomRun goes away with its run is still in the trace', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(started));
    lifecycle.api.put('customruns', customRun({ conditions: [condition('Unknown', 'Running')] }));
    await lifecycle.until(() => lifecycle.sent().includes('queued'));
    lifecycle.api.delete('customruns', CUSTOM);
    lifecycle.api.delete('pipelineruns', RUN);
    await lifecycle.until(() => lifecycle.sent().includes('RUN build'));
    expect(custom()[0]).toMatchObject({
      attributes: { 'cicd.pipeline.task.run.result': 'cancellation', 'error.type': 'deleted' },
    });
  });
});

test.each([
  ['that the status of the run does not name', { name: 'forged', uid: 'uid-forged' }],
  ['of another namespace', { namespace: 'other', uid: 'uid-forged' }],
])('a CustomRun %s adds nothing to the trace of the run that it names as its owner', async (_what, metadata) => {
  const real = customRun(approved);
  lifecycle.api.put('customruns', { ...real, metadata: { ...real.metadata, ...metadata } });
  lifecycle.nowMs = ms(60);
  lifecycle.api.put('pipelineruns', pipelineRun(status));
  await lifecycle.start();
  await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
  expect(custom()).toEqual([]);
});

test('what a run asked a resolver for is shown when it is answered', async () => {
  const request: ResolutionRequest = {
    metadata: { name: 'git-1', namespace: 'ci', uid: 'uid-git', creationTimestamp: at(0), ownerReferences: owner },
    spec: { params: [{ name: 'name', value: 'release' }] },
    status: { conditions: [{ ...succeeded, lastTransitionTime: at(1) }] },
  };
  lifecycle.api.put('resolutionrequests', request);
  await lifecycle.start();
  lifecycle.api.put('pipelineruns', pipelineRun({ startTime: at(1) }));
  await lifecycle.until(() => lifecycle.sent().includes('resolve release'));
});
