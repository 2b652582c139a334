import { describe, expect, test } from '@jest/globals';

import { parseCarrier } from '../../../shared/tracing/carrier.ts';
import { isClaimed } from '../../../shared/tracing/provenance.ts';
import {
  admit,
  carrier,
  NOW_MS,
  ownedByRun,
  pipelineRun,
  review,
  SPAN,
  submitted,
  submittedBy,
  TRACE,
  TRUSTED,
} from './review.ts';
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
    const first = await admit('pipelinerun', pipelineRun(submitted('other')));
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
      { settings: { traceUrl: (traceId) => `https://jaeger/trace/${traceId}?x=$&` } },
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
    const first = await admit('pipelinerun', pipelineRun(copy));
    expect((await review('pipelinerun', first)).patch).toEqual([]);
  });

  test.each(['kubectl-create', 'tektrace-controller', 'tektrace-webhook', 'tekton-pipelines-controller'])(
    'is one under the field manager %s, too, and what it has afterwards is ours',
    async (manager) => {
      const forged = { annotations: copy.annotations, ...submittedBy(manager, ...Object.keys(copy.annotations)) };
      for (const username of ['jane', TRUSTED]) {
        const { metadata } = await admit('pipelinerun', pipelineRun(forged), { username });
        expect(parseCarrier(metadata.annotations?.[OWN])?.traceId).not.toBe(TRACE);
        for (const name of Object.keys(metadata.annotations ?? {})) expect(isClaimed(metadata, name)).toBe(false);
        expect(metadata.annotations).not.toHaveProperty(['tekton/trace-exported']);
      }
    },
  );

  test('is one where the API server could not say who sent what', async () => {
    const { root } = await stamped({ annotations: copy.annotations, managedFields: undefined });
    expect(root?.traceId).not.toBe(TRACE);
  });

  test('keeps no link to the trace of its original', async () => {
    const { annotations } = await stamped({
      annotations: { ...copy.annotations, 'tekton/trace-url': 'http://jaeger/trace/1' },
      ...submitted(OWN),
    });
    expect(annotations).not.toHaveProperty(['tekton/trace-url']);
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

  const traceparent = (version: string) => `${version}-${TRACE}-${SPAN}-01`;

  test.each<[string, Record<string, string>]>([
    ['a bare traceparent', { [PARENT]: traceparent('00') }],
    ['the traceparent of a delivery', { 'tekton.dev/deliveryTraceparent': traceparent('00') }],
    ['a traceparent of a later version', { 'tekton.dev/deliveryTraceparent': `${traceparent('01')}-more` }],
    ['upstream’s before that of a delivery', { [UPSTREAM]: carrier(), 'tekton.dev/deliveryTraceparent': 'x' }],
    [
      'the neutral one before the others',
      {
        [PARENT]: carrier(),
        [UPSTREAM]: carrier('01', '1'.repeat(16)),
        'tekton.dev/deliveryTraceparent': `00-${TRACE}-${'2'.repeat(16)}-01`,
      },
    ],
  ])('is read from %s', async (_what, annotations) => {
    const { root, parent } = await stamped(
      { annotations, ...submitted(...Object.keys(annotations)) },
      { username: TRUSTED },
    );
    expect(root?.traceId).toBe(TRACE);
    expect(parent).toMatchObject({ traceId: TRACE, spanId: SPAN });
  });

  test('is the webhook’s word once it was judged: the controller can tell', async () => {
    const metadata = { annotations: { [PARENT]: carrier() }, ...submitted(PARENT) };
    const stored = await admit('pipelinerun', pipelineRun(metadata), { username: TRUSTED });
    expect(isClaimed(stored.metadata, PARENT)).toBe(false);
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

  test('whose owner reference somebody else wrote gets a trace of its own, and says so', async () => {
    const { annotations, root, parent } = await stamped(child);
    expect(root?.traceId).not.toBe(TRACE);
    expect(parent).toBeUndefined();
    expect(annotations['tekton/refused-owner']).toBe('uid-build');
  });

  test('does not take its owner’s refusal, link or mark for its own', async () => {
    const inherited = {
      'tekton/refused-owner': 'uid-grandparent',
      'tekton/rerun-span-context': carrier(),
      'tekton/trace-exported': 'uid-build',
    };
    const { annotations } = await stamped(
      { ...child, annotations: { ...child.annotations, ...inherited } },
      { username: TRUSTED },
    );
    for (const name of Object.keys(inherited)) expect(annotations).not.toHaveProperty([name]);
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
