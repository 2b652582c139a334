import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { ManagedFieldsEntry, ObjectMeta } from '../../../../shared/kubernetes/types.ts';
import type { PipelineRun } from '../../../../shared/tekton/types.ts';
import { parseCarrier } from '../../../../shared/tracing/carrier.ts';
import { Lifecycle, RUN, TASK } from './lifecycle.ts';
import { at, begun, carrier, ms, pipelineRun, pod, ranRun, ranTask, ROOT, taskRun, TRACE } from './objects.ts';

const OWN = 'tekton/pipelinerun-span-context';
const TASK_OWN = 'tekton/taskrun-span-context';
const UPSTREAM = 'tekton.dev/pipelinerunSpanContext';
const PARENT = 'tekton/parent-span-context';
const RERUN = 'tekton/rerun-span-context';
const REFUSED = 'tekton/refused-owner';
const ADMISSION = 'tekton/admission-time';
const FORGED = carrier('9'.repeat(32), '8'.repeat(16));

/** What the API server writes of a creation, or of a later change. */
const created = (manager: string, ...annotations: string[]): ManagedFieldsEntry => ({
  ...changed(manager, ...annotations),
  fieldsV1: { ...changed(manager, ...annotations).fieldsV1, 'f:spec': { 'f:pipelineSpec': {} } },
});
function changed(manager: string, ...annotations: string[]): ManagedFieldsEntry {
  const listed = Object.fromEntries(annotations.map((name) => [`f:${name}`, {}]));
  return { manager, operation: 'Update', fieldsV1: { 'f:metadata': { 'f:annotations': listed } } };
}

let lifecycle: Lifecycle;
beforeEach(() => {
  lifecycle = new Lifecycle();
});
afterEach(() => lifecycle.stop());

const stored = (plural: 'pipelineruns' | 'taskruns', name: string): Record<string, string> =>
  lifecycle.api.get(plural, name).metadata.annotations ?? {};
const putRun = (metadata: Partial<ObjectMeta>): void => lifecycle.api.put('pipelineruns', pipelineRun(begun, metadata));
/** Without those of runs that have begun and not ended. */
const sentTraces = (): Set<string> =>
  new Set(lifecycle.accepted.flat().flatMap((span) => (span.name === 'queued' ? [] : [span.spanContext().traceId])));

describe('a context that a client wrote, with the webhook down', () => {
  test.each(['kubectl-create', 'tektrace-controller'])(
    'under the name %s, is no context of the run',
    async (manager) => {
      await lifecycle.start();
      // An admission time of now: whoever forges a context forges that, too.
      const annotations = { [OWN]: FORGED, [UPSTREAM]: FORGED, [ADMISSION]: `${at(0.1)}/${at(0.2)}` };
      putRun({ annotations, managedFields: [created(manager, OWN, UPSTREAM, ADMISSION)] });
      await lifecycle.until(() => stored('pipelineruns', RUN)[OWN] !== FORGED);
      const now = stored('pipelineruns', RUN);
      expect(now).toMatchObject({ [UPSTREAM]: now[OWN], [RERUN]: FORGED });
      expect(now).not.toHaveProperty([ADMISSION]);
      // Once: what this process wrote stays, though its fields and those of the creation stand in one entry where both have one name.
      lifecycle.api.put('pipelineruns', { ...lifecycle.api.get('pipelineruns', RUN), status: ranRun } as PipelineRun);
      await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
      expect(lifecycle.api.patches).toHaveLength(2);
      expect(stored('pipelineruns', RUN)[OWN]).toBe(now[OWN]);
    },
  );

  test('and that upstream has joined is not joined here: who wrote it is not known', async () => {
    await lifecycle.start();
    const status = { startTime: at(1), spanContext: { traceparent: `00-${TRACE}-${ROOT}-01` } };
    const metadata = { annotations: { [UPSTREAM]: carrier() }, managedFields: [created('pac', UPSTREAM)] };
    lifecycle.api.put('pipelineruns', pipelineRun(status, metadata));
    await lifecycle.until(() => lifecycle.rootOf() !== undefined);
    expect(lifecycle.rootOf()?.traceId).not.toBe(TRACE);
    expect(stored('pipelineruns', RUN)[PARENT]).toBe(carrier());
  });

  test('as the parent of a delivery becomes a link', async () => {
    await lifecycle.start();
    const delivery = 'tekton.dev/deliveryTraceparent';
    putRun({ annotations: { [delivery]: `00-${TRACE}-${ROOT}-01` }, managedFields: [created('release', delivery)] });
    await lifecycle.until(() => lifecycle.rootOf() !== undefined);
    expect(stored('pipelineruns', RUN)[PARENT]).toBe(carrier());
  });
});

describe('a context is fixed once the controller has seen it', () => {
  const admitted = { [OWN]: carrier(), [UPSTREAM]: carrier(), [ADMISSION]: `${at(0.1)}/${at(0.2)}` };

  test.each<[string, Record<string, string>]>([
    ['changes it', { ...admitted, [OWN]: FORGED }],
    ['removes it', { [UPSTREAM]: carrier(), [ADMISSION]: admitted[ADMISSION] ?? '' }],
    ['hangs it below another span of its trace', { ...admitted, [PARENT]: carrier(TRACE, '8'.repeat(16)) }],
    ['moves its admission', { ...admitted, [ADMISSION]: `${at(3)}/${at(4)}` }],
  ])('a client that %s finds it put back, and an Event that says why', async (_what, annotations) => {
    await lifecycle.start();
    putRun({ annotations: admitted });
    lifecycle.api.put('pipelineruns', pipelineRun(begun, { name: 'other', uid: 'uid-other', annotations: {} }));
    await lifecycle.until(() => lifecycle.rootOf('other') !== undefined);
    putRun({ annotations: { ...annotations, note: 'mine' } });
    await lifecycle.until(() => lifecycle.events.length > 0);
    expect(stored('pipelineruns', RUN)).toEqual({ ...admitted, note: 'mine' });
    expect(lifecycle.events).toEqual([
      { name: RUN, reason: 'SpanContextChanged', message: expect.stringContaining(TRACE) },
    ]);
  });

  test('the spans go to the trace that the run has, even if what was changed can not be put back', async () => {
    await lifecycle.start();
    putRun({ annotations: admitted });
    lifecycle.api.put('pipelineruns', pipelineRun(begun, { name: 'other', uid: 'uid-other', annotations: {} }));
    await lifecycle.until(() => lifecycle.rootOf('other') !== undefined);
    lifecycle.api.failPatch = (annotations) =>
      annotations[OWN] === undefined ? undefined : new Error('a policy forbids it');
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { annotations: { ...admitted, [OWN]: FORGED } }));
    lifecycle.api.delete('pipelineruns', RUN);
    await lifecycle.until(() => lifecycle.sent().includes('RUN build'));
    expect(sentTraces()).toEqual(new Set([TRACE]));
  });

  test('who writes it again and again is not fought for ever', async () => {
    await lifecycle.start();
    putRun({ annotations: admitted });
    lifecycle.api.put('pipelineruns', pipelineRun(begun, { name: 'other', uid: 'uid-other', annotations: {} }));
    await lifecycle.until(() => lifecycle.rootOf('other') !== undefined);
    for (let time = 1; time <= 5; time++) {
      putRun({ annotations: { ...admitted, [OWN]: FORGED } });
      await lifecycle.until(() => lifecycle.events.length === time);
    }
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { annotations: { ...admitted, [OWN]: FORGED } }));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
    expect(stored('pipelineruns', RUN)[OWN]).toBe(FORGED);
    const putBack = lifecycle.events.filter(({ reason }) => reason === 'SpanContextChanged');
    expect(putBack.at(-1)?.message).toContain('last time');
    expect(sentTraces()).toEqual(new Set([TRACE]));
  });

  test('after a restart, the name that was left alone tells what the webhook wrote', async () => {
    putRun({ annotations: { ...admitted, [OWN]: FORGED }, managedFields: [changed('kubectl-annotate', OWN)] });
    await lifecycle.start();
    await lifecycle.until(() => stored('pipelineruns', RUN)[OWN] !== FORGED);
    expect(stored('pipelineruns', RUN)[OWN]).toBe(carrier());
  });
});

describe('a TaskRun whose owner reference does not count', () => {
  const refused = { [TASK_OWN]: FORGED, [REFUSED]: 'uid-run' };

  test('because the webhook refused it: has a trace of its own, and its run’s root does not wait for it', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
    lifecycle.api.put('taskruns', taskRun(begun, { annotations: refused }));
    await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
    lifecycle.api.put('pods', pod());
    lifecycle.api.put('taskruns', taskRun(ranTask, { annotations: refused }));
    await lifecycle.until(() => lifecycle.mark('taskruns', TASK) !== undefined);
    const root = lifecycle.accepted.flat().find((span) => span.name.startsWith('RUN build-x7k2p-compile'));
    expect(root?.spanContext()).toMatchObject({ traceId: '9'.repeat(32), spanId: '8'.repeat(16) });
    expect(stored('taskruns', TASK)[TASK_OWN]).toBe(FORGED);
  });

  test('and says so only in the words of a client: belongs to its run', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(begun));
    const metadata = { annotations: refused, managedFields: [created('tekton', TASK_OWN, REFUSED)] };
    lifecycle.api.put('taskruns', taskRun(begun, metadata));
    await lifecycle.until(() => stored('taskruns', TASK)[TASK_OWN] === carrier());
  });

  test('because its run is in another namespace: has a trace of its own', async () => {
    await lifecycle.start();
    lifecycle.api.put('pipelineruns', pipelineRun(begun, { namespace: 'other' }));
    lifecycle.api.put('taskruns', taskRun(begun, { annotations: {} }));
    await lifecycle.until(() => stored('taskruns', TASK)[TASK_OWN] !== undefined);
    expect(stored('taskruns', TASK)[REFUSED]).toBe('uid-run');
    expect(parseCarrier(stored('taskruns', TASK)[TASK_OWN])?.traceId).not.toBe(TRACE);
  });

  test('because it was written after the TaskRun was seen: stays in its own trace', async () => {
    await lifecycle.start();
    const own = { ownerReferences: [], annotations: { [TASK_OWN]: FORGED } };
    lifecycle.api.put('taskruns', taskRun(begun, own));
    lifecycle.api.put('pipelineruns', pipelineRun(begun));
    await lifecycle.until(() => lifecycle.api.get('taskruns', TASK) !== undefined);
    lifecycle.api.put('taskruns', taskRun(ranTask, { annotations: { [TASK_OWN]: FORGED } }));
    lifecycle.api.put('pods', pod());
    await lifecycle.until(() => lifecycle.mark('taskruns', TASK) !== undefined);
    expect(sentTraces()).toEqual(new Set(['9'.repeat(32)]));
  });
});

describe('a child PipelineRun made while the webhook is down', () => {
  const child = (annotations: Record<string, string>): void =>
    lifecycle.api.put(
      'pipelineruns',
      pipelineRun(begun, {
        name: 'child',
        uid: 'uid-child',
        annotations,
        managedFields: [created('tekton-pipelines-controller', ...Object.keys(annotations))],
        ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: RUN, uid: 'uid-run' }],
      }),
    );

  test('has a span of its own in its owner’s trace, below the owner’s', async () => {
    await lifecycle.start();
    putRun({});
    child({ [OWN]: carrier(), [UPSTREAM]: carrier(), [ADMISSION]: `${at(0.1)}/${at(0.2)}` });
    await lifecycle.until(() => stored('pipelineruns', 'child')[OWN] !== carrier());
    const own = parseCarrier(stored('pipelineruns', 'child')[OWN]);
    expect(own).toMatchObject({ traceId: TRACE, sampled: true });
    expect(own?.spanId).not.toBe(ROOT);
    expect(stored('pipelineruns', 'child')).toMatchObject({ [PARENT]: carrier() });
    expect(stored('pipelineruns', 'child')).not.toHaveProperty([RERUN]);
  });

  test('waits for its owner’s context, which a forged one of its own is not', async () => {
    await lifecycle.start();
    child({ [OWN]: FORGED });
    putRun({ annotations: {} });
    await lifecycle.until(() => lifecycle.rootOf('child')?.traceId === lifecycle.rootOf()?.traceId);
    expect(lifecycle.rootOf('child')?.spanId).not.toBe(lifecycle.rootOf()?.spanId);
  });
});

test('owner references that form a circle hold up nothing but their own runs', async () => {
  const circle = (name: string, owner: string): void =>
    lifecycle.api.put(
      'pipelineruns',
      pipelineRun(begun, {
        name,
        uid: `uid-${name}`,
        ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: owner, uid: `uid-${owner}` }],
        annotations: { [OWN]: carrier(TRACE, ROOT, '00') },
      }),
    );
  circle('a', 'b');
  circle('b', 'a');
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun));
  await lifecycle.start();
  await lifecycle.until(() => lifecycle.mark('pipelineruns', RUN) !== undefined);
});

test('a Pod of another namespace, with the label of a TaskRun: is no Pod of it', async () => {
  const forged = pod('compile-pod', 'Running');
  lifecycle.nowMs = ms(13);
  await lifecycle.start();
  lifecycle.api.put('pods', { ...forged, metadata: { ...forged.metadata, namespace: 'other', uid: 'uid-forged' } });
  lifecycle.api.put('pipelineruns', pipelineRun(begun));
  lifecycle.api.put('taskruns', taskRun(ranTask));
  lifecycle.api.put('pipelineruns', pipelineRun(ranRun, { name: 'other', uid: 'uid-other' }));
  await lifecycle.until(() => lifecycle.mark('pipelineruns', 'other') !== undefined);
  expect(lifecycle.mark('taskruns', TASK)).toBeUndefined();
  lifecycle.nowMs = ms(43);
  lifecycle.api.put('taskruns', taskRun(ranTask, { finalizers: ['touched'] }));
  await lifecycle.until(() => lifecycle.mark('taskruns', TASK) !== undefined);
  expect(lifecycle.sent()).toContain('task compile');
  expect(lifecycle.sent()).not.toContain('pod scheduling');
});
