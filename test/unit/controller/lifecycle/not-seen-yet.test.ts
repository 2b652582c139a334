import { afterEach, beforeEach, expect, test } from '@jest/globals';

import type { ContainerState, Pod } from '../../../../shared/kubernetes/pod.ts';
import type { TaskRunStatus } from '../../../../shared/tekton/types.ts';
import { Lifecycle, RUN, TASK } from './lifecycle.ts';
import { at, carrier, condition, ms, pipelineRun, pod, ranRun, ranTask, standalone, step, taskRun } from './objects.ts';

const EXPORTED = 'tekton/trace-exported';
const OWN = 'tekton/pipelinerun-span-context';

interface Deleted {
  deletionTimestamp?: string;
}

let lifecycle: Lifecycle;
beforeEach(() => {
  lifecycle = new Lifecycle();
});
afterEach(() => lifecycle.stop());

/** The TaskRun ends, and while something else is exported it is not. */
async function endsUnmarked(): Promise<void> {
  lifecycle.api.put('pipelineruns', pipelineRun(undefined));
  lifecycle.api.put('taskruns', taskRun(ranTask));
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'other', uid: 'uid-other' }));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', 'other') !== undefined);
  expect(lifecycle.mark('taskruns', TASK)).toBeUndefined();
}

test('a TaskRun that comes after its run was sent is sent, too, and marked', async () => {
  await lifecycle.start({ markDelayMs: 3_600_000 });
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) === 'uid-run');
  lifecycle.api.put('pods', pod());
  lifecycle.api.put('taskruns', taskRun(ranTask));
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
  expect(lifecycle.sent()).toContain('task compile');
});

test('a TaskRun of a run that an earlier process marked is sent if it was created at the very end of it', async () => {
  await lifecycle.start({ markDelayMs: 3_600_000 });
  lifecycle.api.put('pods', pod());
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { annotations: { [OWN]: carrier(), [EXPORTED]: 'uid-run' } }));
  lifecycle.api.put('taskruns', taskRun({ ...ranTask, completionTime: at(21) }, { creationTimestamp: at(20) }));
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
  expect(lifecycle.sent()).toContain('task compile');
});

test('a run waits for a TaskRun that its status names: the watch of TaskRuns may be behind', async () => {
  await lifecycle.start();
  const childReferences = [{ kind: 'TaskRun', name: TASK }];
  lifecycle.api.put('pods', pod());
  lifecycle.api.put('pipelineruns', pipelineRun({ ...ranRun, childReferences }));
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'other', uid: 'uid-other' }));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', 'other') !== undefined);
  expect(lifecycle.mark('pipelineruns', RUN)).toBeUndefined();
  lifecycle.api.put('taskruns', taskRun(ranTask));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) === 'uid-run');
  expect(lifecycle.sent()).toContain('task compile');
  expect(lifecycle.sent().at(-1)).toBe('RUN build');
});

test('a run waits half a minute after its end came, and no longer, for a TaskRun that nobody brings', async () => {
  lifecycle.nowMs = ms(500);
  await lifecycle.start();
  const waiting = { ...ranRun, childReferences: [{ kind: 'TaskRun', name: TASK }] };
  lifecycle.api.put('pipelineruns', pipelineRun(waiting));
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'other', uid: 'uid-other' }));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', 'other') !== undefined);
  expect(lifecycle.mark('pipelineruns', RUN)).toBeUndefined();
  lifecycle.nowMs = ms(530);
  lifecycle.api.put('pipelineruns', pipelineRun(waiting, { labels: { touched: 'true' } }));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) === 'uid-run');
});

/** The Pod while it runs, its last step and its sidecar in these states. */
function running(make: ContainerState, db: ContainerState): Pod {
  const one = pod('compile-pod', 'Running');
  const [fetch] = one.status!.containerStatuses!;
  one.status!.containerStatuses = [fetch!, { name: 'step-make', state: make }, { name: 'sidecar-db', state: db }];
  return one;
}
const runs = { running: { startedAt: at(5) } };
const ended = { terminated: { exitCode: 0, startedAt: at(5), finishedAt: at(11) } };

test.each([
  ['a step that runs', running(runs, runs)],
  ['a container that has not started', running(ended, { waiting: { reason: 'ContainerCreating' } })],
])('a TaskRun waits for its Pod with %s', async (_what, waited) => {
  lifecycle.nowMs = ms(13);
  await lifecycle.start();
  lifecycle.api.put('pods', waited);
  await endsUnmarked();
  lifecycle.api.put('pods', pod());
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
  expect(lifecycle.sent()).toContain('sidecar db');
});

/** As upstream leaves it: the step that ran has the container's start and the TaskRun's end. */
const cancelled: TaskRunStatus = {
  ...ranTask,
  conditions: [condition('False', 'TaskRunCancelled')],
  steps: [step('fetch', 5, 8), step('make', 5, 12, 1, { terminationReason: 'TaskRunCancelled' })],
};

test.each([
  ['only a sidecar still runs', running(ended, runs)],
  ['a step takes its time to be deleted', { ...running(runs, runs), deletionTimestamp: at(12) }],
])('a TaskRun does not wait for a Pod in which %s', async (_what, { deletionTimestamp, ...one }: Pod & Deleted) => {
  lifecycle.nowMs = ms(13);
  await lifecycle.start();
  lifecycle.api.put('pods', { ...one, metadata: { ...one.metadata, ...(deletionTimestamp && { deletionTimestamp }) } });
  lifecycle.api.put('pipelineruns', pipelineRun(undefined));
  lifecycle.api.put('taskruns', taskRun(deletionTimestamp ? cancelled : ranTask));
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
  expect(lifecycle.sent()).toEqual(expect.arrayContaining(['pod starting', 'sidecar db', 'step make']));
});

test('a TaskRun that no run owns, and that is deleted right after its end, still has its sidecar and its steps', async () => {
  lifecycle.nowMs = ms(13);
  await lifecycle.start();
  lifecycle.api.put('pods', running(runs, { waiting: { reason: 'ContainerCreating' } }));
  lifecycle.api.put('taskruns', taskRun(ranTask, standalone));
  lifecycle.api.delete('taskruns', TASK);
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'other', uid: 'uid-other' }));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', 'other') !== undefined);
  expect(lifecycle.sent()).not.toContain(`RUN ${TASK}`);
  lifecycle.api.put('pods', pod());
  await lifecycle.until(() => lifecycle.sent().includes(`RUN ${TASK}`));
  expect(lifecycle.sent()).toEqual(expect.arrayContaining(['sidecar db', 'step fetch', 'step make']));
});

test('a TaskRun whose Pod was not seen yet waits for it: the watch of Pods may be behind', async () => {
  await lifecycle.start();
  await endsUnmarked();
  lifecycle.api.put('pods', pod());
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
  expect(lifecycle.sent()).toContain('pod scheduling');
});

test('a TaskRun waits half a minute after its end came, and no longer, for a Pod that nobody brings', async () => {
  lifecycle.nowMs = ms(500);
  await lifecycle.start();
  await endsUnmarked();
  lifecycle.nowMs = ms(530);
  lifecycle.api.put('taskruns', taskRun(ranTask, { finalizers: ['touched'] }));
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
  expect(lifecycle.sent()).not.toContain('pod scheduling');
});

test.each([
  ['while this process runs', false],
  ['before this process started', true],
])('a TaskRun that ended %s, by a clock that is an hour ahead, waits no longer', async (_what, before) => {
  const ahead = { ...ranTask, completionTime: at(3612) };
  lifecycle.api.put('pipelineruns', pipelineRun(undefined));
  if (before) lifecycle.api.put('taskruns', taskRun(ahead));
  await lifecycle.start();
  if (!before) lifecycle.api.put('taskruns', taskRun(ahead));
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'other', uid: 'uid-other' }));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', 'other') !== undefined);
  expect(lifecycle.mark('taskruns', TASK)).toBeUndefined();
  lifecycle.nowMs += 30_000;
  lifecycle.api.put('taskruns', taskRun(ahead, { finalizers: ['touched'] }));
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
});

test('what had ended before this process started waits half a minute from its end: all first lists are there', async () => {
  lifecycle.nowMs = ms(42);
  lifecycle.api.put('pipelineruns', pipelineRun(undefined));
  lifecycle.api.put('taskruns', taskRun(ranTask));
  await lifecycle.start();
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
});

test('a TaskRun whose Pod was deleted at its end shows what its Pod waited for, and waits for nothing', async () => {
  await lifecycle.start();
  lifecycle.api.put('pipelineruns', pipelineRun(undefined));
  lifecycle.api.put('taskruns', taskRun({ startTime: at(1) }, { annotations: {} }));
  await lifecycle.until(() => lifecycle.drive.spanOf(lifecycle.api.get('taskruns', TASK)) !== undefined);
  lifecycle.api.put('pods', pod('compile-pod', 'Running'));
  lifecycle.api.delete('pods', 'compile-pod');
  lifecycle.api.put('taskruns', taskRun({ ...ranTask, conditions: [condition('False', 'TaskRunCancelled')] }));
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
  expect(lifecycle.sent()).toEqual(expect.arrayContaining(['pod scheduling', 'pod starting', 'task compile']));
});

test('a TaskRun that was sent and is gone is not waited for', async () => {
  await lifecycle.start();
  lifecycle.api.put('pods', pod());
  lifecycle.api.put('pipelineruns', pipelineRun(undefined));
  lifecycle.api.put('taskruns', taskRun(ranTask));
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
  lifecycle.api.delete('taskruns', TASK);
  lifecycle.api.put('pipelineruns', pipelineRun({ ...ranRun, childReferences: [{ kind: 'TaskRun', name: TASK }] }));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) === 'uid-run');
});

test('what does not say when it ended waits for nothing', async () => {
  const { completionTime: _at, ...unended } = ranTask;
  await lifecycle.start();
  lifecycle.api.put('pipelineruns', pipelineRun(undefined));
  lifecycle.api.put('taskruns', taskRun(unended));
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
});

test('a Pod without the label is found by its owner', async () => {
  await lifecycle.start();
  const { metadata, ...rest } = pod();
  const ownerReferences = [{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: TASK, uid: 'uid-compile' }];
  lifecycle.api.put('pods', { ...rest, metadata: { ...metadata, labels: {}, ownerReferences } });
  lifecycle.api.put('pipelineruns', pipelineRun(undefined));
  lifecycle.api.put('taskruns', taskRun(ranTask));
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) === 'uid-compile');
  expect(lifecycle.sent()).toContain('pod scheduling');
});
