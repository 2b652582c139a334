import { describe, expect, test } from '@jest/globals';
import { applyPatch } from 'fast-json-patch';

import type { ManagedFieldsEntry } from '../../../shared/kubernetes/types.ts';
import { pointerToken } from '../../../shared/kubernetes/patch.ts';
import { annotationOperations, takeOver } from '../../../webhook/json-patch.ts';
import {
  admit,
  carrier,
  ownedByRun,
  pipelineRun,
  request,
  review,
  reviewOf,
  submitted,
  taskRun,
  TRUSTED,
} from './review.ts';
import { fc } from '../../support/property.ts';

const OURS = /^(tekton|tekton\.dev)\//;
const PATHS = ['pipelinerun', 'taskrun', 'pod'] as const;

describe('a body that is not an AdmissionReview is refused, without a stack', () => {
  test.each([
    ['text', 'hello', 400],
    ['cut-off JSON', '{"kind":', 400],
    ['a list', '[]', 400],
    ['null', 'null', 400],
    ['nothing', '', 400],
    ['another kind', '{"kind":"Pod"}', 400],
    ['a review without request', '{"kind":"AdmissionReview"}', 400],
    ['a request without uid', '{"kind":"AdmissionReview","request":{}}', 400],
    ['8 MB', JSON.stringify({ pad: 'x'.repeat(8 << 20) }), 413],
  ])('%s', async (_what, body, status) => {
    const answer = await request().post('/mutate/pipelinerun').set('content-type', 'application/json').send(body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ kind: 'Status', code: status });
    expect(answer.text).not.toContain('node_modules');
  });

  test('an unknown path', async () => {
    const answer = await request().post('/mutate/secret').send(reviewOf('pod', {}));
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ message: 'no such path: /mutate/secret' });
  });
});

describe('an unexpected object is allowed and not changed', () => {
  const odd: [string, unknown][] = [
    ['no object', undefined],
    ['object null', null],
    ['an object that is a list', []],
    ['an object that is text', 'run'],
    ['no metadata', {}],
    ['metadata null', { metadata: null }],
    ['metadata a list', { metadata: [] }],
    ['annotations a list', { metadata: { annotations: ['a'] } }],
    ['annotations text', { metadata: { annotations: 'a' } }],
    ['managedFields no list', { metadata: { annotations: { 'tekton/admission-time': 'x' }, managedFields: {} } }],
    ['managedFields with null', { metadata: { annotations: { 'tekton/admission-time': 'x' }, managedFields: [null] } }],
    ['owners no list', { metadata: { ownerReferences: {}, labels: {} } }],
    ['owners with null', { metadata: { ownerReferences: [null] } }],
    ['an owner without apiVersion', { metadata: { ownerReferences: [{ kind: 'PipelineRun' }] } }],
  ];

  test.each(odd)('%s', async (_what, object) => {
    for (const path of PATHS) {
      const { status, response, patch } = await review(path, object, { username: TRUSTED });
      expect({ status, uid: response.uid, allowed: response.allowed, patch }).toEqual({
        status: 200,
        uid: 'review-1',
        allowed: true,
        patch: [],
      });
    }
  });

  test.each([[''], [1.5], [null], [['x']], [{ name: 'step-a', env: 'x' }], [{ name: 'step-a', env: {} }]])(
    'a Pod that has its context, with a container that is %j, gets no variables',
    async (container) => {
      const metadata = { labels: { 'tekton.dev/taskRunUID': 'u' }, annotations: { 'tekton/span-context': 'x' } };
      const object = { metadata, spec: { containers: [{ name: 'step-b' }, container] } };
      const changes = { stepOtlpEndpoint: 'http://collector.test:4318' };
      expect(await review('pod', object, { username: TRUSTED, settings: changes })).toMatchObject({
        status: 200,
        patch: [],
      });
    },
  );

  test.each([
    ['without names', [{}]],
    ['null', [null]],
    ['no list', { 'step-a': {} }],
    ['with env that is no list', [{ name: 'step-a', env: 'x' }]],
    ['with env entries null', [{ name: 'step-a', env: [null] }]],
  ])('a Pod whose containers are %s', async (_what, containers) => {
    const metadata = {
      labels: { 'tekton.dev/taskRunUID': 'u' },
      annotations: { 'tekton/taskrun-span-context': carrier() },
    };
    const { status, response, patch } = await review('pod', { metadata, spec: { containers } }, { username: TRUSTED });
    expect({ status, allowed: response.allowed, patch }).toEqual({ status: 200, allowed: true, patch: [] });
  });

  test('annotations that leave no room for ours: the API server would refuse the object with them', async () => {
    const annotations = (kilobytes: number) => ({ annotations: { applied: 'é'.repeat(kilobytes * 512) } });
    const [small, full] = [pipelineRun(annotations(240)), pipelineRun(annotations(250))];
    expect((await review('pipelinerun', small)).patch).not.toEqual([]);
    expect((await review('pipelinerun', full)).patch).toEqual([]);
  });

  test('annotations that leave no room do not get round the refusal of an owner', async () => {
    const object = taskRun({ ...ownedByRun, annotations: { applied: 'x'.repeat(250 * 1024) } });
    expect((await admit('taskrun', object)).metadata.annotations?.['tekton/refused-owner']).toBe('uid-build');
  });

  test.each(['UPDATE', 'DELETE', 'CONNECT', ''])('operation %p', async (operation) => {
    for (const path of PATHS) expect((await review(path, pipelineRun(), { operation })).patch).toEqual([]);
  });

  test('annotations that are not text count as absent', async () => {
    for (const value of [null, 7, [], {}]) {
      const annotations = { 'tekton/pipelinerun-span-context': value, 'tekton/parent-span-context': value };
      const { patch } = await review('pipelinerun', pipelineRun({ annotations }));
      expect(patch).not.toEqual([]);
    }
  });

  test('keys like __proto__ reach no prototype', async () => {
    const object = JSON.parse(
      '{"metadata":{"name":"a","annotations":{"__proto__":"x","constructor":"y"},"__proto__":{"labels":{"a":"b"}}},"__proto__":{"polluted":1}}',
    ) as object;
    for (const path of PATHS) expect((await review(path, object)).response.allowed).toBe(true);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('every patch', () => {
  const key = fc
    .oneof(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.constantFrom(
        '~',
        '/',
        '~1',
        'a/b~c',
        '~0/',
        'tekton/span-context',
        'tekton/admission-time',
        'toString',
        'hasOwnProperty',
      ),
    )
    .filter((name) => name !== '__proto__');
  const dictionary = fc.dictionary(key, fc.string(), { noNullPrototype: true });
  const annotations = fc.oneof(dictionary, fc.constant(null), fc.constant(undefined));
  const changes = fc.dictionary(key, fc.option(fc.string()), { noNullPrototype: true });

  test('of annotations applies, and changes just what is asked for', () => {
    fc.assert(
      fc.property(annotations, changes, (existing, wanted) => {
        const object = { metadata: { ...(existing !== undefined && { annotations: existing }) } };
        const patch = annotationOperations(existing, wanted);
        const result = applyPatch(structuredClone(object), patch, true).newDocument;
        const expected = Object.entries({ ...existing, ...wanted }).filter(([, value]) => value !== null);
        expect(result.metadata.annotations ?? {}).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  const owned = fc
    .dictionary(key, fc.constant({}), { noNullPrototype: true })
    .map((fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [`f:${name}`, value])));
  const entries = fc.array(
    fc.oneof(
      fc.constantFrom<ManagedFieldsEntry>({}, { fieldsV1: {} }, { fieldsV1: { 'f:metadata': {} } }),
      fc.constantFrom([], null, 'x', 7).map((odd) => ({ fieldsV1: { 'f:metadata': { 'f:annotations': odd } } })),
      owned.map((fields) => ({ fieldsV1: { 'f:metadata': { 'f:annotations': { '.': {}, ...fields } } } })),
      fc.json().map((text) => ({ fieldsV1: JSON.parse(text) as Record<string, unknown> })),
    ),
    { maxLength: 5 },
  );

  test('of managedFields applies, and takes out just the annotations that are asked for', () => {
    fc.assert(
      fc.property(entries, fc.array(key, { maxLength: 8 }), (managedFields, names) => {
        const taken = [...new Set(names)];
        const object = { metadata: { managedFields } };
        const patched = applyPatch(structuredClone(object), takeOver(object.metadata, taken), true).newDocument;
        const fields = ({ fieldsV1 }: ManagedFieldsEntry): unknown =>
          (fieldsV1?.['f:metadata'] as Record<string, unknown> | undefined)?.['f:annotations'];
        const without = (one: unknown): unknown =>
          typeof one === 'object' && one !== null && !Array.isArray(one)
            ? Object.fromEntries(Object.entries(one).filter(([name]) => !taken.includes(name.slice(2))))
            : one;
        expect(patched.metadata.managedFields.map(fields)).toEqual(managedFields.map(fields).map(without));
      }),
    );
  });

  test('of an object with thousands of annotations is small', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `example.com/note-${index}`);
    const listed = Object.fromEntries([...many, 'tekton/admission-time'].map((name) => [`f:${name}`, {}]));
    const managedFields = [{ fieldsV1: { 'f:metadata': { 'f:annotations': listed } } }];
    expect(takeOver({ managedFields }, ['tekton/admission-time', 'tekton/trace-url'])).toHaveLength(1);
  });

  test('escapes a key as a JSON pointer token', () => {
    expect(pointerToken('a/b~c~1')).toBe('a~1b~0c~01');
  });

  test('that the webhook answers applies to the object it got, and changes only our annotations and variables', async () => {
    const meta = fc.record(
      {
        name: fc.string({ minLength: 1 }),
        generateName: fc.string(),
        labels: fc.constantFrom(
          {},
          { 'tekton.dev/taskRunUID': 'u' },
          { 'tekton.dev/taskRunUID': 'u', 'tekton.dev/pipelineRun': 'r' },
        ),
        ownerReferences: fc.constantFrom([], ownedByRun.ownerReferences),
        annotations: fc.oneof(
          annotations,
          dictionary.map((own) => ({ ...own, 'tekton/taskrun-span-context': carrier() })),
          dictionary.map((own) => ({ ...own, 'tekton/pipelinerun-span-context': carrier() })),
          dictionary.map((own) => ({ ...own, 'tekton/parent-span-context': carrier(), 'tekton/trace-url': 'x' })),
        ),
        managedFields: fc.oneof(
          entries,
          fc.constant(submitted('tekton/pipelinerun-span-context', 'tekton/admission-time', 'other').managedFields),
        ),
      },
      { requiredKeys: [] },
    );
    const containers = fc.array(
      fc.record({
        name: fc.constantFrom('step-a', 'step-ü', `step-${'x'.repeat(80)}`, 'sidecar'),
        env: fc.constantFrom(undefined, null, [], [{ name: 'A' }]),
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PATHS),
        fc.constantFrom(TRUSTED, 'jane'),
        meta,
        containers,
        async (path, username, metadata, list) => {
          const object = JSON.parse(JSON.stringify({ metadata, spec: { containers: list } })) as {
            metadata: { annotations?: Record<string, string> | null };
            spec: { containers: { env?: unknown[] | null }[] };
          };
          const { response, patch } = await review(path, object, { username });
          expect(response.allowed).toBe(true);
          const result = applyPatch(structuredClone(object), patch, true).newDocument;
          for (const [name, value] of Object.entries(result.metadata.annotations ?? {}))
            if (!OURS.test(name)) expect(object.metadata.annotations?.[name]).toBe(value);
          for (const [index, { env }] of result.spec.containers.entries()) {
            const before = object.spec.containers[index]?.env ?? [];
            expect((env ?? []).slice(0, before.length)).toEqual(before);
          }
          expect(
            patch.every(({ op, path: at }) =>
              op === 'add'
                ? /^\/(metadata\/annotations|spec\/containers\/\d+\/env)(\/|$)/.test(at)
                : op === 'remove' &&
                  /^\/metadata\/(managedFields\/\d+\/fieldsV1\/f:metadata\/f:)?annotations\/(f:)?tekton/.test(at),
            ),
          ).toBe(true);
          const without = (one: typeof object) => ({
            ...one,
            metadata: { ...one.metadata, annotations: 0, managedFields: 0 },
            spec: { containers: one.spec.containers.map((container) => ({ ...container, env: 0 })) },
          });
          expect(without(result)).toEqual(without(object));
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('connections are not kept when the server is to end', async () => {
  const draining = request({}, false);
  const answer = await draining.post('/mutate/taskrun').send(reviewOf('taskrun', taskRun()));
  expect(answer.status).toBe(200);
  expect(answer.headers.connection).toBe('close');
});
