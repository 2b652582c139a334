import { beforeEach, expect, test } from '@jest/globals';

import { ApiError, ConnectionError } from '../../../../shared/kubernetes/errors.ts';
import type { PipelineTask } from '../../../../shared/tekton/types.ts';
import { FakeRun, KEY } from './support/fake-run.ts';

const task = (name: string, runAfter: string[] = []): PipelineTask => ({
  name,
  taskSpec: { steps: [{ name: 's', image: 'busybox', script: 'true' }] },
  runAfter,
});

let flow: FakeRun;
beforeEach(async () => {
  flow = new FakeRun();
  flow.create({ pipelineSpec: { tasks: [task('x'), task('a'), task('b', ['x'])] } });
  await flow.reconcile();
});

/** b was created, its event is still to come, and a has failed. */
async function createsUnseen(): Promise<void> {
  flow.end('x', 'True');
  flow.watchIsCut = true;
  await flow.reconcile();
  expect(flow.requests.at(-2)).toBe('POST taskruns');
  flow.watchIsCut = false;
  flow.end('a', 'False');
}

test('the run waits for a TaskRun that the watch has not brought yet', async () => {
  await createsUnseen();
  expect(await flow.reconcile()).toEqual({ requeueAfterMs: 10_000 });
  expect(flow.condition?.status).toBe('Unknown');
  expect(flow.run.status?.childReferences?.map(({ name }) => name)).toEqual(['flow-x', 'flow-a', 'flow-b']);
  flow.end('b', 'True');
  await flow.reconcile();
  expect(flow.condition).toMatchObject({ status: 'False', message: expect.stringContaining('Skipped: 0') });
});

test('it is not forgotten if the status with its reference was not written', async () => {
  flow.end('x', 'True');
  flow.watchIsCut = true;
  flow.failures.set('PUT pipelineruns/flow/status', new ConnectionError('PUT', new Error('cut')));
  await expect(flow.reconcile()).rejects.toThrow('cut');
  flow.failures.clear();
  flow.watchIsCut = false;
  flow.end('a', 'False');
  await flow.reconcile();
  expect(flow.condition?.status).toBe('Unknown');
});

test('nor when the answer to its creation was lost', async () => {
  flow.end('x', 'True');
  flow.watchIsCut = true;
  flow.lostAnswers.add('POST taskruns');
  await expect(flow.reconcile()).rejects.toThrow('cut');
  expect(flow.taskRuns.has('flow-b')).toBe(true);
  flow.watchIsCut = false;
  flow.end('a', 'False');
  await flow.reconcile();
  expect(flow.condition?.status).toBe('Unknown');
});

test('it is cancelled with the others when the run is cancelled', async () => {
  await createsUnseen();
  flow.cancel();
  await flow.reconcile();
  expect(flow.condition).toMatchObject({ status: 'False', reason: 'Cancelled' });
  expect(flow.requests).toContain('PATCH taskruns/flow-b');
});

test('a TaskRun that was deleted again does not delay the run', async () => {
  await createsUnseen();
  flow.taskRuns.delete('flow-b');
  await flow.reconcile();
  expect(flow.condition).toMatchObject({ status: 'False', message: expect.stringContaining('Skipped: 1') });
  expect(flow.context.created.size).toBe(0);
});

test('a TaskRun that can not be read does not delay the run’s cancellation', async () => {
  await createsUnseen();
  flow.failures.set('GET taskruns/flow-b', new ApiError('GET', 500, { message: 'unreadable' }));
  await expect(flow.reconcile()).rejects.toThrow('unreadable');
  flow.cancel();
  await flow.reconcile();
  expect(flow.condition).toMatchObject({ status: 'False', reason: 'Cancelled' });
  expect(flow.context.created.size).toBe(0);
});

test('nothing is remembered for a run that was deleted meanwhile', async () => {
  flow.end('x', 'True');
  flow.watchIsCut = true;
  flow.lostAnswers.add('POST taskruns');
  const looked = flow.reconcile();
  flow.context.pipelineRuns.delete(KEY);
  await expect(looked).rejects.toThrow('NotFound');
  expect(flow.taskRuns.has('flow-b')).toBe(true);
  expect(flow.context.created.size).toBe(0);
});

test('a TaskRun in the cache is not read again', async () => {
  flow.end('x', 'True');
  await flow.reconcile();
  flow.end('a', 'True');
  flow.end('b', 'True');
  await flow.reconcile();
  expect(flow.condition?.status).toBe('True');
  expect(flow.requests.filter((request) => request.startsWith('GET'))).toEqual([]);
});
