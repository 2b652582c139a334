import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { ApiError, ConnectionError } from '../../../../shared/kubernetes/errors.ts';
import type { PipelineRun, TaskRun } from '../../../../shared/tekton/types.ts';
import { Lifecycle, RUN, TASK } from './lifecycle.ts';
import { at, carrier, condition, ms, pipelineRun, ranRun, taskRun } from './objects.ts';

const OWN = 'tekton/pipelinerun-span-context';
const fresh = (metadata: object = {}): PipelineRun => pipelineRun(undefined, { annotations: {}, ...metadata });
const refused = new ApiError('PATCH', 403, { reason: 'Forbidden', message: 'admission webhook denied the request' });

let lifecycle: Lifecycle;
beforeEach(() => {
  lifecycle = new Lifecycle();
});
afterEach(() => lifecycle.stop());

const run = (name = RUN): PipelineRun => lifecycle.api.get('pipelineruns', name);

test('40 finished runs and a collector that swallows packets: a new run gets its context all the same', async () => {
  lifecycle.swallows = true;
  for (let index = 0; index < 40; index++)
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: `old-${index}`, uid: `uid-old-${index}` }));
  await lifecycle.start({ policy: { manage: 'all' } });
  await lifecycle.until(() => lifecycle.swallowed > 0);
  lifecycle.api.put('pipelineruns', fresh());
  await lifecycle.until(() => lifecycle.rootOf() !== undefined);
  await lifecycle.until(() => lifecycle.drive.waitMs(run()) === 0);
  expect(lifecycle.accepted).toEqual([]);
});

test('a run waits for its context for 5 s, counted from when it was seen; a TaskRun of it no longer than itself', async () => {
  lifecycle.api.failPatch = () => new ConnectionError('PATCH', new Error('no answer'));
  await lifecycle.start({ policy: { manage: 'all' } });
  lifecycle.api.put('pipelineruns', fresh());
  await lifecycle.until(() => lifecycle.drive.waitMs(run()) > 0);
  expect(lifecycle.drive.waitMs(run())).toBe(5000);
  lifecycle.nowMs = ms(29);
  lifecycle.api.put('taskruns', taskRun(undefined, { annotations: {} }));
  const task = (): TaskRun => lifecycle.api.get('taskruns', TASK);
  await lifecycle.until(() => lifecycle.drive.waitMs(task()) > 0);
  expect([lifecycle.drive.waitMs(run()), lifecycle.drive.waitMs(task())]).toEqual([1000, 1000]);
  lifecycle.nowMs = ms(30);
  expect([lifecycle.drive.waitMs(run()), lifecycle.drive.waitMs(task())]).toEqual([0, 0]);
  expect(lifecycle.drive.spanOf(run())).toBeUndefined();

  lifecycle.api.failPatch = undefined;
  lifecycle.api.put('pipelineruns', { ...run(), status: { startTime: at(30) } } as PipelineRun);
  await lifecycle.until(() => lifecycle.drive.spanOf(run()) !== undefined);
  await lifecycle.until(() => lifecycle.drive.spanOf(task()) !== undefined);
  expect(lifecycle.drive.spanOf(task())?.traceId).toBe(lifecycle.drive.spanOf(run())?.traceId);
});

test('a run that has started, or is not traced, waits for nothing', async () => {
  lifecycle.api.failPatch = () => new ConnectionError('PATCH', new Error('no answer'));
  const started = { startTime: at(1), conditions: [condition('Unknown', 'Running')] };
  await lifecycle.start({ policy: { manage: 'all' } });
  lifecycle.api.put('pipelineruns', pipelineRun(started, { name: 'started', uid: 'uid-started', annotations: {} }));
  lifecycle.api.put(
    'pipelineruns',
    fresh({ name: 'ignored', uid: 'uid-ignored', labels: { 'tektrace.dev/ignore': '' } }),
  );
  lifecycle.api.put('pipelineruns', fresh());
  await lifecycle.until(() => lifecycle.drive.waitMs(run()) > 0);
  expect(['started', 'ignored'].map((name) => lifecycle.drive.waitMs(run(name)))).toEqual([0, 0]);
});

test('a context that the API server refuses is given up: the run starts at once, is asked for no more, and nothing of it leaves', async () => {
  let tries = 0;
  lifecycle.api.failPatch = (annotations) => (OWN in annotations ? (tries++, refused) : undefined);
  await lifecycle.start({ policy: { manage: 'all' } });
  lifecycle.api.put('pipelineruns', fresh());
  await lifecycle.until(() => tries > 0 && lifecycle.drive.waitMs(run()) === 0);
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { annotations: {} }));
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'later', uid: 'uid-later', generateName: 'later-' }));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', 'later') !== undefined);
  expect(tries).toBe(1);
  expect(lifecycle.sent()).not.toContain('RUN build');
});

test('a copy that gets no context of its own is executed without one: nothing is made from its original’s', async () => {
  const managedFields = [{ manager: 'kubectl', fieldsV1: { 'f:metadata': { 'f:annotations': { [`f:${OWN}`]: {} } } } }];
  let tries = 0;
  lifecycle.api.failPatch = () => (tries++, refused);
  await lifecycle.start({ policy: { manage: 'all' } });
  const annotations = { [OWN]: carrier(), 'tekton.dev/pipelinerunSpanContext': carrier(), note: 'kept' };
  lifecycle.api.put('pipelineruns', pipelineRun(undefined, { annotations, managedFields }));
  await lifecycle.until(() => tries > 0 && lifecycle.drive.waitMs(run()) === 0);
  expect(lifecycle.drive.spanOf(run())).toBeUndefined();
  expect(lifecycle.drive.trusted(run()).metadata.annotations).toEqual({ note: 'kept' });
});

test('what this process has written is no copy, whoever the API server takes for its writer', async () => {
  const managedFields = [{ manager: 'proxy', fieldsV1: { 'f:metadata': { 'f:annotations': { [`f:${OWN}`]: {} } } } }];
  await lifecycle.start({ policy: { manage: 'all' } });
  lifecycle.api.put('pipelineruns', fresh());
  await lifecycle.until(() => lifecycle.rootOf() !== undefined);
  const own = lifecycle.rootOf();
  const { metadata } = run();
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { ...metadata, managedFields }));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
  expect(lifecycle.rootOf()).toEqual(own);
});

test('a mark that the API server refuses is not written again and again', async () => {
  let tries = 0;
  lifecycle.api.failPatch = (annotations) =>
    annotations['tekton/trace-exported'] === 'uid-run' ? (tries++, refused) : undefined;
  await lifecycle.start({ policy: { manage: 'all' } });
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
  await lifecycle.until(() => tries > 0);
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { labels: { touched: 'true' } }));
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'later', uid: 'uid-later' }));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', 'later') !== undefined);
  expect(tries).toBe(1);
  expect(lifecycle.sent().filter((name) => name === 'RUN build')).toHaveLength(2);
});
