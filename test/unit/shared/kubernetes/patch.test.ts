import { expect, test } from '@jest/globals';
import fastJsonPatch from 'fast-json-patch';

import { annotationPatch, pointerToken } from '../../../../shared/kubernetes/patch.ts';
import { isOwnAnnotation } from '../../../../shared/tekton/annotations.ts';
import { fc } from '../../../support/property.ts';

const RUN = { metadata: { name: 'build', namespace: 'ci', uid: 'u-1', resourceVersion: '7' } };
const isOurs = isOwnAnnotation;

test('a patch changes annotations of this very object, and nothing else', () => {
  const changes = { 'tekton/trace-exported': 'u-1', 'tekton.dev/taskrunSpanContext': '{}', 'tekton/trace-url': null };
  expect(annotationPatch(RUN, changes, { isOurs })).toEqual({ metadata: { uid: 'u-1', annotations: changes } });
});

test('a patch may require an unchanged object', () => {
  expect(annotationPatch(RUN, {}, { isOurs, unchanged: true }).metadata.resourceVersion).toBe('7');
});

test.each([
  'kubectl.kubernetes.io/last-applied-configuration',
  'tekton.dev/release',
  'mytekton/x',
  'tekton',
  '__proto__',
])('the annotation %s may not be written', (key) => {
  const changes = Object.fromEntries([
    ['tekton/trace-url', 'x'],
    [key, 'y'],
  ]);
  expect(() => annotationPatch(RUN, changes, { isOurs })).toThrow(key);
});

test('an object that was not read from a server is refused', () => {
  expect(() => annotationPatch({ metadata: { name: 'build' } }, {}, { isOurs })).toThrow('build');
  const { resourceVersion: _, ...metadata } = RUN.metadata;
  expect(() => annotationPatch({ metadata }, {}, { isOurs, unchanged: true })).toThrow('resourceVersion');
});

/** RFC 7386 on annotations, as the API server merges them. */
function merged(before: Record<string, string>, changes: Record<string, string | null>): Record<string, string> {
  const all = Object.entries({ ...before, ...changes });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}

test('annotations of others come out of any patch as they went in', () => {
  const name = fc.string({ unit: 'binary', minLength: 1 });
  const others = fc.dictionary(
    name.filter((key) => !isOurs(key)),
    fc.string(),
  );
  const ours = fc.dictionary(
    name.map((key) => `tekton/${key}`),
    fc.option(fc.string()),
  );
  fc.assert(
    fc.property(others, ours, (before, changes) => {
      const after = merged(before, annotationPatch(RUN, changes, { isOurs }).metadata.annotations);
      expect(Object.fromEntries(Object.entries(after).filter(([key]) => !isOurs(key)))).toEqual({ ...before });
    }),
  );
});

test('a JSON patch to an escaped key reaches that key', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (key, value) => {
      // fast-json-patch refuses it, for its own safety.
      fc.pre(key !== '__proto__');
      const document = { annotations: Object.create(null) as Record<string, string> };
      fastJsonPatch.applyOperation(document, { op: 'add', path: `/annotations/${pointerToken(key)}`, value });
      expect(Object.entries(document.annotations)).toEqual([[key, value]]);
    }),
  );
});
