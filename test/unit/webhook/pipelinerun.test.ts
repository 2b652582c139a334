import { describe, expect, test } from '@jest/globals';

import { parseCarrier } from '../../../shared/tracing/carrier.ts';
import { admit, carrier, NOW_MS, ownedByRun, pipelineRun, review, SPAN, submitted, TRACE, TRUSTED } from './review.ts';
import type { ReviewOptions } from './review.ts';

const OWN = 'tekton/pipelinerun-span-context';
const UPSTREAM = 'tekton.dev/pipelinerunSpanContext';
const PARENT = 'tekton/parent-span-context';

async function stamped(metadata: object = {}, options: ReviewOptions = {}) {
  const object = await admit('pipelinerun', pipelineRun(metadata), options);
  const annotations = object.metadata.annotations ?? {};
  return { annotations, root: parseCarrier(annotations[OWN]), parent: parseCarrier(annotations[PARENT]) };
}

describe('a PipelineRun that is created', () => {
  test('gets a sampled root of its own, under our name and upstream’s, and its admission time', async () => {
    const { annotations, root } = await stamped();
    expect(root).toMatchObject({ sampled: true });
    expect(annotations[UPSTREAM]).toBe(annotations[OWN]);
    const at = new Date(NOW_MS).toISOString();
    expect(annotations['tekton/admission-time']).toBe(`${at}/${at}`);
    expect(Object.keys(annotations).sort()).toEqual([UPSTREAM, 'tekton/admission-time', OWN]);
  });

  test('has a trace that no other run has', async () => {
    const [first, second] = [await stamped(), await stamped()];
    expect(first.root?.traceId).not.toBe(second.root?.traceId);
    expect(first.root?.spanId).not.toBe(second.root?.spanId);
  });

  test.each([
    ['generateName instead of a name', { name: undefined, generateName: 'build-' }],
    ['no annotations', {}],
    ['annotations: null', { annotations: null }],
    ['empty annotations', { annotations: {} }],
    ['annotations of its own', { annotations: { 'example.com/a~b': '1' } }],
  ])('with %s is stamped', async (_what, metadata) => {
    const { annotations, root } = await stamped(metadata);
    expect(root).toBeDefined();
    expect(annotations).toMatchObject((metadata as { annotations?: object }).annotations ?? {});
  });

  test('in a dry run is answered alike: nothing has a side effect', async () => {
    const { response } = await review('pipelinerun', pipelineRun(), { dryRun: true });
    expect(response).toMatchObject({ uid: 'review-1', allowed: true, patchType: 'JSONPatch' });
  });

  test('that an earlier call has stamped is not changed', async () => {
    const first = await admit('pipelinerun', pipelineRun());
    const { patch } = await review('pipelinerun', first);
    expect(patch).toEqual([]);
  });

  test('with a malformed own context gets a valid one', async () => {
    const { root } = await stamped({ annotations: { [OWN]: '{"traceparent":"00-0-0-0"}' } });
    expect(root).toBeDefined();
  });

  test('has a link to its trace where a template is configured', async () => {
    const { annotations, root } = await stamped(
      {},
      { settings: { traceUrlTemplate: 'https://jaeger/trace/{traceId}?x=$&' } },
    );
    expect(annotations['tekton/trace-url']).toBe(`https://jaeger/trace/${root?.traceId}?x=$&`);
  });
});

describe('a copy of another run', () => {
  const copy = {
    annotations: {
      [OWN]: carrier(),
      [UPSTREAM]: carrier(),
      'tekton/admission-time': 'old',
      'tekton/trace-exported': 'u',
    },
    ...submitted(OWN, UPSTREAM, 'tekton/admission-time', 'tekton/trace-exported'),
  };

  test('gets its own trace and a link to its original', async () => {
    const { annotations, root } = await stamped(copy);
    expect(root?.traceId).not.toBe(TRACE);
    expect(annotations[UPSTREAM]).toBe(annotations[OWN]);
    expect(annotations['tekton/rerun-span-context']).toBe(carrier());
    expect(annotations['tekton/admission-time']).not.toBe('old');
  });

  test('does not join the parent that its original had, even for a trusted requester', async () => {
    const inherited = { ...copy, annotations: { ...copy.annotations, [PARENT]: carrier('01', 'c7ad6b7169203331') } };
    const { root } = await stamped(inherited, { username: TRUSTED });
    expect(root?.traceId).not.toBe(TRACE);
  });

  test('is stamped once: a second call changes nothing', async () => {
    // What a webhook adds or replaces is in no entry of managedFields.
    const { annotations } = await stamped(copy);
    const { patch } = await review('pipelinerun', pipelineRun({ annotations }));
    expect(patch).toEqual([]);
  });
});

describe('an inbound parent', () => {
  const inbound = { annotations: { [PARENT]: carrier() } };
  const fromPac = { annotations: { [UPSTREAM]: carrier() } };

  test.each([
    ['trusted', TRUSTED, true],
    ['trusted', 'jane', false],
    ['join', 'jane', true],
    ['link', TRUSTED, false],
  ] as const)('with --inbound=%s from %s: joined %s', async (mode, username, joined) => {
    for (const metadata of [inbound, fromPac]) {
      const { root, parent } = await stamped(metadata, { username, settings: { inbound: mode } });
      expect(root?.traceId === TRACE).toBe(joined);
      expect(root?.spanId).not.toBe(SPAN);
      expect(parent).toEqual(parseCarrier(carrier()));
    }
  });

  test('with --inbound=ignore leaves no parent, not even as a link', async () => {
    for (const metadata of [inbound, fromPac]) {
      const { root, parent } = await stamped(metadata, { username: TRUSTED, settings: { inbound: 'ignore' } });
      expect(root?.traceId).not.toBe(TRACE);
      expect(parent).toBeUndefined();
    }
  });

  test('of a trusted requester decides whether the run is sampled', async () => {
    const metadata = { annotations: { [PARENT]: carrier('00') } };
    expect((await stamped(metadata, { username: TRUSTED })).root?.sampled).toBe(false);
  });

  test('of anybody else does not: its flag is advice', async () => {
    const off = { annotations: { [PARENT]: carrier('00') } };
    expect((await stamped(off, { settings: { inbound: 'join' } })).root).toMatchObject({
      traceId: TRACE,
      sampled: true,
    });
    const never: ReviewOptions = { settings: { inbound: 'join', sampling: { ratio: 0 } } };
    expect((await stamped(inbound, never)).root?.sampled).toBe(false);
  });

  test('that is malformed is not used', async () => {
    const { root } = await stamped({ annotations: { [PARENT]: 'x' } }, { username: TRUSTED });
    expect(root).toBeDefined();
  });
});

describe('a child PipelineRun', () => {
  const child = { ...ownedByRun, annotations: { [OWN]: carrier() }, ...submitted(OWN) };

  test('created by a controller gets its own span below the inherited one', async () => {
    const { root, parent } = await stamped(child, { username: TRUSTED });
    expect(root).toMatchObject({ traceId: TRACE, sampled: true });
    expect(root?.spanId).not.toBe(SPAN);
    expect(parent).toEqual(parseCarrier(carrier()));
  });

  test('with an untrusted owner reference gets its own trace', async () => {
    const { root, parent } = await stamped(child);
    expect(root?.traceId).not.toBe(TRACE);
    expect(parent).toBeUndefined();
  });
});

describe('sampling', () => {
  test.each([
    [1, {}, true],
    [0, {}, false],
    [0, { ci: 1 }, true],
    [1, { ci: 0 }, false],
    [1, { other: 0 }, true],
  ])('share %p with %j for single namespaces: sampled %s', async (ratio, namespaces, sampled) => {
    const { root } = await stamped({}, { settings: { sampling: { ratio, namespaces } } });
    expect(root?.sampled).toBe(sampled);
  });

  test('of a namespace called like a property of every object follows the general share', async () => {
    const options: ReviewOptions = { namespace: 'constructor', settings: { sampling: { ratio: 1, namespaces: {} } } };
    expect((await stamped({}, options)).root?.sampled).toBe(true);
  });
});
