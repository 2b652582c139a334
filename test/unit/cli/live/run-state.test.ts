import { describe, expect, test } from '@jest/globals';

import { liveTasks } from '../../../../cli/live/run-state.ts';
import type { Run } from '../../../../cli/follow/follow-run.ts';
import type { ContainerState, Pod } from '../../../../shared/kubernetes/pod.ts';

const at = (seconds: number): string => new Date(1_795_399_200_000 + seconds * 1000).toISOString();
const msAt = (seconds: number): number => Date.parse(at(seconds));

const run: Run = {
  kind: 'PipelineRun',
  metadata: { name: 'r', namespace: 'ci' },
  spec: {},
  status: {
    pipelineSpec: { tasks: [{ name: 'clone' }, { name: 'unit' }, { name: 'deploy' }], finally: [{ name: 'report' }] },
  },
};

function pod(
  task: string,
  steps: Record<string, ContainerState>,
  { name = `${task}-pod`, taskRun = `r-${task}`, created = 0, scheduled = true, phase = 'Running' } = {},
): Pod {
  const labels = { 'tekton.dev/pipelineTask': task, 'tekton.dev/taskRun': taskRun };
  return {
    metadata: { name, uid: name, labels, creationTimestamp: at(created) },
    spec: { containers: [...Object.keys(steps), 'sidecar-db'].map((container) => ({ name: container })) },
    status: {
      phase,
      conditions: [{ type: 'PodScheduled', status: scheduled ? 'True' : 'False', reason: 'Unschedulable' }],
      containerStatuses: Object.entries(steps).map(([container, state]) => ({ name: container, state })),
    },
  };
}

const running = (seconds: number): ContainerState => ({ running: { startedAt: at(seconds) } });
const ended = (from: number, to: number, exitCode = 0): ContainerState => ({
  terminated: { exitCode, startedAt: at(from), finishedAt: at(to) },
});

test('tasks come in the order of the Pipeline, and the others are counted', () => {
  const { tasks, toCome } = liveTasks(run, [
    pod('unit', { 'step-jest': running(5) }),
    pod('clone', { 'step-git': ended(1, 4) }),
  ]);
  expect(tasks.map(({ name, phase }) => [name, phase])).toEqual([
    ['clone', 'done'],
    ['unit', 'running'],
  ]);
  expect(toCome).toBe(2);
});

test('a step runs from the end of the step before it, though all containers start together', () => {
  const steps = { 'step-install': ended(1, 4), 'step-jest': running(1), 'step-publish': running(1) };
  const [task] = liveTasks(run, [pod('unit', steps)]).tasks;
  expect(task?.steps).toMatchObject([
    { name: 'install', phase: 'done', startMs: msAt(1), endMs: msAt(4) },
    { name: 'jest', phase: 'running', startMs: msAt(4) },
    { name: 'publish', phase: 'waiting' },
  ]);
});

test('a step that failed ends its task; those after it did not run', () => {
  const steps = { 'step-jest': ended(1, 4, 3), 'step-publish': ended(1, 4, 1) };
  const [task] = liveTasks(run, [pod('unit', steps)]).tasks;
  expect(task).toMatchObject({ phase: 'failed', note: 'jest: exit code 3', endMs: msAt(4) });
  expect(task?.steps.map(({ phase }) => phase)).toEqual(['failed', 'skipped']);
});

describe('a task whose steps have not started', () => {
  const waiting = (reason: string): ContainerState => ({ waiting: { reason } });
  test.each([
    ['starting', pod('unit', { 'step-jest': waiting('PodInitializing') })],
    ['ErrImagePull', pod('unit', { 'step-jest': waiting('ErrImagePull') })],
    ['no node has room', pod('unit', {}, { scheduled: false })],
  ])('says what it waits for: %s', (note, waits) => {
    expect(liveTasks(run, [waits]).tasks).toMatchObject([{ phase: 'running', note }]);
  });
});

test('a retry has a new Pod, which is the one that is shown, with the number of the attempt', () => {
  const first = pod('unit', { 'step-jest': ended(1, 4, 1) });
  const second = pod('unit', { 'step-jest': running(6) }, { name: 'unit-pod-retry1', created: 5 });
  expect(liveTasks(run, [second, first]).tasks).toMatchObject([{ name: 'unit, attempt 2', phase: 'running' }]);
});

test('members of a matrix are told apart', () => {
  const members = ['r-unit-0', 'r-unit-1'].map((taskRun) =>
    pod('unit', { 'step-jest': running(1) }, { name: `${taskRun}-pod`, taskRun }),
  );
  expect(liveTasks(run, members).tasks.map(({ name }) => name)).toEqual(['unit (r-unit-0)', 'unit (r-unit-1)']);
});

test('skipped tasks are in their place', () => {
  const skipping: Run = { ...run, status: { ...run.status, skippedTasks: [{ name: 'unit', reason: 'When' }] } };
  const { tasks, toCome } = liveTasks(skipping, [pod('deploy', { 'step-a': running(1) })]);
  expect(tasks.map(({ name, phase }) => [name, phase])).toEqual([
    ['unit', 'skipped'],
    ['deploy', 'running'],
  ]);
  expect(toCome).toBe(2);
});

test('a TaskRun of its own has its name', () => {
  const alone = pod('', { 'step-make': running(1) });
  alone.metadata.labels = { 'tekton.dev/taskRun': 'build-x' };
  const taskRun: Run = { kind: 'TaskRun', metadata: { name: 'build-x' }, spec: {} };
  expect(liveTasks(taskRun, [alone])).toMatchObject({ tasks: [{ name: 'build-x' }], toCome: 0 });
});

test('a task whose Pod was deleted while it ran was stopped, by a cancellation or a timeout', () => {
  const failed = pod('unit', { 'step-jest': ended(1, 4, 143) });
  const deleted = { ...failed, metadata: { ...failed.metadata, deletionTimestamp: at(4) } };
  expect(liveTasks(run, [deleted]).tasks).toMatchObject([{ phase: 'stopped', note: 'stopped', endMs: msAt(4) }]);
  const done = pod('unit', { 'step-jest': ended(1, 4) });
  const removed = { ...done, metadata: { ...done.metadata, deletionTimestamp: at(9) } };
  expect(liveTasks(run, [removed]).tasks).toMatchObject([{ phase: 'done' }]);
});

test('a task has begun when its Pod was first seen, if that is in the whole second that its creation has', () => {
  const startOf = (seenMs: number): number | undefined =>
    liveTasks(run, [pod('unit', { 'step-jest': running(3) }, { created: 1 })], new Map([['unit-pod', seenMs]])).tasks[0]
      ?.startMs;
  expect(startOf(msAt(1) + 700)).toBe(msAt(1) + 700);
  expect(startOf(msAt(2) + 1)).toBe(msAt(1));
  expect(startOf(msAt(0))).toBe(msAt(1));
});
