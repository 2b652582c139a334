import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import type { PipelineRun } from '../../../../shared/tekton/types.ts';
import { Lifecycle, RUN, TASK } from './lifecycle.ts';
import { at, carrier, ms, pipelineRun, ranRun, ranTask, ROOT, taskRun } from './objects.ts';

const admitted = {
  annotations: { 'tekton/pipelinerun-span-context': carrier(), 'tekton/admission-time': `${at(0.1)}/${at(0.2)}` },
};

let lifecycle: Lifecycle;
beforeEach(() => {
  lifecycle = new Lifecycle();
});
afterEach(() => lifecycle.stop());

const root = (name = RUN) => lifecycle.accepted.flat().find(({ attributes }) => attributes['pipelinerun'] === name && attributes['cicd.pipeline.result'] !== undefined); // prettier-ignore
/** No span without what it hangs below. */
function expectNoOrphan(): void {
  const spans = lifecycle.accepted.flat();
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  for (const { name, parentSpanContext } of spans)
    expect([name, parentSpanContext === undefined || ids.has(parentSpanContext.spanId)]).toEqual([name, true]);
}

function expectWithinRoot(name: string): void {
  const span = lifecycle.accepted.flat().find((one) => one.name === name);
  const endMs = ({ endTime: [seconds, ns] }: ReadableSpan): number => seconds * 1000 + ns / 1e6;
  expect(endMs(span!)).toBeLessThanOrEqual(endMs(root()!));
}

/** Resolves when a run that is made after a deletion has its mark. */
async function deletionIsSeen(): Promise<void> {
  const annotations = { 'tekton/pipelinerun-span-context': carrier('9'.repeat(32)) };
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'later', uid: 'uid-later', annotations }));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', 'later') !== undefined);
}

describe('a run that is deleted', () => {
  test('before it starts has a root with all that is known, above what was sent before', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(undefined, admitted));
    await lifecycle.until(() => lifecycle.sent().includes('admission'));
    lifecycle.api.delete('pipelineruns', RUN);
    await lifecycle.until(() => root() !== undefined);
    expectNoOrphan();
    expect(root()).toMatchObject({
      attributes: { 'cicd.pipeline.result': 'cancellation', 'error.type': 'deleted' },
    });
  });

  test('while it runs has its root, also where its TaskRuns are deleted later', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun({ startTime: at(1), childReferences: [{ kind: 'TaskRun', name: TASK }] }, admitted)); // prettier-ignore
    lifecycle.api.put('taskruns', taskRun({ startTime: at(2) }));
    await lifecycle.until(() => lifecycle.sent().includes('queued'));
    lifecycle.api.delete('pipelineruns', RUN);
    await lifecycle.until(() => lifecycle.sent().includes('queued'));
    lifecycle.api.delete('taskruns', TASK);
    await lifecycle.until(() => root() !== undefined);
    expectNoOrphan();
    expect(lifecycle.sent()).toContain('task compile');
  });

  test('and whose TaskRun is not, because something holds it, has its root all the same', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun({ startTime: at(1) }, admitted));
    lifecycle.api.put('taskruns', taskRun({ startTime: at(2) }, { finalizers: ['chains.tekton.dev'] }));
    await lifecycle.until(() => lifecycle.sent().includes('queued'));
    lifecycle.api.delete('pipelineruns', RUN);
    await deletionIsSeen();
    expect(lifecycle.sent().filter((name) => name === 'RUN build')).toHaveLength(1);
    lifecycle.nowMs += 31_000;
    lifecycle.api.put('taskruns', taskRun({ startTime: at(2) }, { finalizers: ['chains.tekton.dev/other'] }));
    await lifecycle.until(() => root(RUN) !== undefined);
    lifecycle.nowMs += 600_000;
    lifecycle.api.delete('taskruns', TASK);
    await lifecycle.until(() => lifecycle.sent().includes('task compile'));
    expectNoOrphan();
    expectWithinRoot('task compile');
  });

  test('and leaves its TaskRun behind, without an owner, has that in its time, with the actual end', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun({ startTime: at(1) }, admitted));
    lifecycle.api.put('taskruns', taskRun({ startTime: at(2) }));
    await lifecycle.until(() => lifecycle.sent().includes('queued'));
    lifecycle.api.put('taskruns', taskRun({ startTime: at(2) }, { ownerReferences: [] }));
    lifecycle.api.delete('pipelineruns', RUN);
    await deletionIsSeen();
    lifecycle.nowMs += 31_000;
    lifecycle.api.put('taskruns', taskRun({ startTime: at(2), podName: '' }, { ownerReferences: [] }));
    await lifecycle.until(() => root() !== undefined);
    lifecycle.api.put(
      'taskruns',
      taskRun({ ...ranTask, podName: '', completionTime: at(900) }, { ownerReferences: [] }),
    );
    await lifecycle.until(() => lifecycle.sent().includes('task compile'));
    expectNoOrphan();
    expectWithinRoot('task compile');
    const task = lifecycle.accepted.flat().find(({ name }) => name === 'task compile');
    expect(task?.attributes).toMatchObject({ 'tektrace.actual_end': new Date(ms(900)).toISOString() });
  });
});

describe('a run that was created pending', () => {
  const pending = (status?: PipelineRun['status'], specStatus?: string): PipelineRun => {
    const run = pipelineRun(status, admitted);
    return { ...run, spec: { ...run.spec, ...(specStatus !== undefined && { status: specStatus }) } };
  };
  const span = (name: string) => lifecycle.accepted.flat().find((one) => one.name === name);

  test('has a wait of that name in its queue', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pending(undefined, 'PipelineRunPending'));
    await lifecycle.until(() => lifecycle.sent().includes('admission'));
    lifecycle.api.put('pipelineruns', pending({ startTime: at(9) }));
    await lifecycle.until(() => lifecycle.sent().includes('pending'));
    expect(span('pending')?.parentSpanContext?.spanId).toBe(span('queued')?.spanContext().spanId);
    expect(span('pending')?.endTime).toEqual(span('queued')?.endTime);
  });

  test('and deleted without a start has waited until then', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pending(undefined, 'PipelineRunPending'));
    await lifecycle.until(() => lifecycle.sent().includes('admission'));
    lifecycle.api.delete('pipelineruns', RUN);
    await lifecycle.until(() => root() !== undefined);
    expectNoOrphan();
    expect(span('pending')?.parentSpanContext?.spanId).toBe(ROOT);
    expect(span('pending')?.endTime).toEqual(root()?.endTime);
  });

  test('has no such wait where nobody saw it pending', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pending({ startTime: at(9) }));
    await lifecycle.until(() => lifecycle.sent().includes('queued'));
    expect(span('pending')).toBeUndefined();
  });
});
