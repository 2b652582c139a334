import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { CONTROLLER_MANAGER } from '../../../../shared/tracing/provenance.ts';
import type { PipelineRun, PipelineRunStatus, TaskRun } from '../../../../shared/tekton/types.ts';
import type { ObjectMeta } from '../../../../shared/kubernetes/types.ts';
import { Lifecycle, RUN } from './lifecycle.ts';
import { at, begun, carrier, condition, ms, pipelineRun, ranRun, ranTask, ROOT, taskRun, TRACE } from './objects.ts';

const OWN = 'tekton/pipelinerun-span-context';
const TASK_OWN = 'tekton/taskrun-span-context';
const CHILD = 'build-x7k2p-deploy';
const OTHER = '9'.repeat(32);

const owned = (name: string, uid: string): ObjectMeta['ownerReferences'] => [
  { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name, uid },
];
/** What upstream submits: it copies its owner's annotations. */
const inherited = (annotations: Record<string, string>): Partial<ObjectMeta> => ({
  annotations,
  managedFields: [
    {
      manager: 'tekton-pipelines-controller',
      fieldsV1: {
        'f:metadata': {
          'f:annotations': Object.fromEntries(Object.keys(annotations).map((name) => [`f:${name}`, {}])),
        },
      },
    },
  ],
});

function childRun(status: PipelineRunStatus | undefined, metadata: Partial<ObjectMeta> = {}): PipelineRun {
  return pipelineRun(status, {
    name: CHILD,
    generateName: undefined,
    uid: 'uid-child',
    creationTimestamp: at(2),
    labels: { 'tekton.dev/pipelineTask': 'deploy' },
    ownerReferences: owned(RUN, 'uid-run'),
    ...inherited({ [OWN]: carrier() }),
    ...metadata,
  });
}

const taskOfChild = (annotations: Record<string, string> = {}): TaskRun =>
  taskRun({ ...ranTask, podName: '' }, { annotations, ownerReferences: owned(CHILD, 'uid-child') }, 'push');

let lifecycle: Lifecycle;
beforeEach(() => {
  lifecycle = new Lifecycle();
});
afterEach(() => lifecycle.stop());

const stored = (): Record<string, string> => lifecycle.api.get('pipelineruns', CHILD).metadata.annotations ?? {};

describe('a child PipelineRun that no webhook saw', () => {
  test('has a span of its own below its owner, whose annotations it inherited', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(undefined));
    lifecycle.api.put('pipelineruns', childRun(undefined, inherited({ [OWN]: carrier(), 'tekton/admission-time': `${at(0.1)}/${at(0.2)}` }))); // prettier-ignore
    await lifecycle.until(() => lifecycle.rootOf(CHILD)?.spanId !== ROOT);
    expect(lifecycle.rootOf(CHILD)).toMatchObject({ traceId: TRACE, sampled: true });
    expect(stored()).toMatchObject({ 'tekton/parent-span-context': carrier() });
    expect(stored()).not.toHaveProperty(['tekton/rerun-span-context']);
    expect(stored()).not.toHaveProperty(['tekton/admission-time']);
  });

  test('waits for its owner’s context where that has none yet', async () => {
    lifecycle.api.put('pipelineruns', pipelineRun(begun, { annotations: {} }));
    lifecycle.api.put('pipelineruns', childRun(undefined, { annotations: {}, managedFields: [] }));
    await lifecycle.start();
    await lifecycle.until(() => lifecycle.rootOf(CHILD) !== undefined && lifecycle.rootOf() !== undefined);
    expect(lifecycle.rootOf(CHILD)?.traceId).toBe(lifecycle.rootOf()?.traceId);
  });

  test('hands its own span to its TaskRuns, also to those that inherited its owner’s', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(undefined));
    lifecycle.api.put('pipelineruns', childRun(undefined));
    lifecycle.api.put('taskruns', { ...taskOfChild({ [TASK_OWN]: carrier() }), status: {} } as TaskRun);
    const named = (): string | undefined =>
      lifecycle.api.get('taskruns', 'build-x7k2p-push').metadata.annotations?.[TASK_OWN];
    await lifecycle.until(() => named() !== undefined && named() === stored()[OWN] && lifecycle.rootOf(CHILD)?.spanId !== ROOT); // prettier-ignore
  });
});

describe('the trace of a run with a child PipelineRun', () => {
  const status = { ...ranRun, childReferences: [{ kind: 'PipelineRun', name: CHILD, pipelineTaskName: 'deploy' }] };
  const own = (spanId: string, traceId = TRACE): Partial<ObjectMeta> => ({
    annotations: { [OWN]: carrier(traceId, spanId), 'tekton/parent-span-context': carrier() },
    managedFields: [{ manager: CONTROLLER_MANAGER }],
  });

  test('is one tree: the child’s root below its owner’s, the child’s tasks below the child’s', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(status));
    lifecycle.api.put('pipelineruns', childRun({ ...ranRun, startTime: at(2), completionTime: at(19) }, own('c'.repeat(16)))); // prettier-ignore
    lifecycle.api.put('taskruns', taskOfChild({ [TASK_OWN]: carrier(TRACE, 'c'.repeat(16)) }));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
    const parents = Object.fromEntries(
      lifecycle.accepted.flat().map((span) => [span.name, span.parentSpanContext?.spanId]),
    );
    expect(parents).toMatchObject({ 'task push': 'c'.repeat(16), 'RUN deploy': ROOT, 'RUN build': undefined });
    expect(lifecycle.sent().filter((name) => name.startsWith('RUN'))).toEqual(['RUN deploy', 'RUN build']);
    expect(lifecycle.mark('pipelineruns', CHILD)).toBe('uid-child');
  });

  test('does not reach beyond a cancelled run that ended before its child did', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun({ ...status, completionTime: at(10) }));
    lifecycle.api.put('pipelineruns', childRun({ ...ranRun, startTime: at(2), completionTime: at(19) }, own('c'.repeat(16)))); // prettier-ignore
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
    lifecycle.api.put('taskruns', taskOfChild({ [TASK_OWN]: carrier(TRACE, 'c'.repeat(16)) }));
    await lifecycle.until(() => lifecycle.sent().includes('task push'));
    const spans = lifecycle.accepted
      .flat()
      .filter(({ name }) => ['RUN build', 'RUN deploy', 'task push'].includes(name));
    expect(spans.map(({ endTime: [seconds] }) => seconds * 1000)).toEqual([ms(10), ms(10), ms(10)]);
    const child = spans.find(({ name }) => name === 'RUN deploy');
    expect(child?.attributes['tektrace.actual_end']).toBe(new Date(ms(19)).toISOString());
  });

  test('ends with the root, which waits for a child that is still running', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(status));
    lifecycle.api.put('pipelineruns', childRun({ startTime: at(2) }, own('c'.repeat(16))));
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'other', uid: 'uid-other', annotations: { [OWN]: carrier(OTHER) } })); // prettier-ignore
    await lifecycle.until(() => lifecycle.mark('pipelineruns', 'other') !== undefined);
    expect(lifecycle.mark('pipelineruns', RUN)).toBeUndefined();
    lifecycle.api.put('pipelineruns', childRun({ ...ranRun, completionTime: at(19) }, own('c'.repeat(16))));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
  });

  test('waits for a child that its status names and no watch has brought', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(status));
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'other', uid: 'uid-other', annotations: { [OWN]: carrier(OTHER) } })); // prettier-ignore
    await lifecycle.until(() => lifecycle.mark('pipelineruns', 'other') !== undefined);
    expect(lifecycle.mark('pipelineruns', RUN)).toBeUndefined();
    lifecycle.api.put('pipelineruns', childRun(ranRun, own('c'.repeat(16))));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
  });

  test('is not held up by a run that names it as its owner and has a trace of its own', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', childRun({ startTime: at(2) }, own('c'.repeat(16), OTHER)));
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
  });

  test('that was not sampled is sent whole when the run fails, whatever became of its children', async () => {
    const off = (spanId?: string): string => carrier(TRACE, spanId, '00');
    const annotations = { [OWN]: off('c'.repeat(16)), 'tekton/parent-span-context': off() };
    const failed = { ...status, conditions: [condition('False', 'Failed')] };
    lifecycle.api.put('pipelineruns', pipelineRun({ startTime: at(1) }, { annotations: { [OWN]: off() } }));
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', childRun(ranRun, { annotations, managedFields: [] }));
    lifecycle.api.put('taskruns', taskOfChild({ [TASK_OWN]: off('c'.repeat(16)) }));
    lifecycle.api.put('pipelineruns', pipelineRun(failed, { annotations: { [OWN]: off() } }));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
    expect(lifecycle.sent()).toEqual(expect.arrayContaining(['task push', 'RUN deploy', 'RUN build']));
  });
});
