import { expect, test } from '@jest/globals';

import { isParent, parentOf } from '../../../../shared/tekton/parent-of.ts';

const owner = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'build', uid: '1' };
const child = (ownerReferences: object[]) => ({
  metadata: { name: 'build-test', namespace: 'ci', ownerReferences: ownerReferences as (typeof owner)[] },
});

test.each([
  ['a PipelineRun', [owner], { namespace: 'ci', name: 'build', uid: '1' }],
  [
    'one of an older version',
    [{ ...owner, apiVersion: 'tekton.dev/v1beta1' }],
    { namespace: 'ci', name: 'build', uid: '1' },
  ],
  ['one beside another owner', [{ ...owner, kind: 'Job' }, owner], { namespace: 'ci', name: 'build', uid: '1' }],
  ['another kind', [{ ...owner, kind: 'CronJob', apiVersion: 'batch/v1' }], undefined],
  ['a kind of the same name in another group', [{ ...owner, apiVersion: 'example.dev/v1' }], undefined],
  ['nobody', [], undefined],
])('owned by %s', (_, owners, expected) => {
  expect(parentOf(child(owners))).toEqual(expected);
});

test('the owner is the object of that uid in the same namespace', () => {
  const parent = { namespace: 'ci', name: 'build', uid: '1' };
  expect(isParent({ metadata: { name: 'build', namespace: 'ci', uid: '1' } }, parent)).toBe(true);
  expect(isParent({ metadata: { name: 'build', namespace: 'ci', uid: '2' } }, parent)).toBe(false);
  expect(isParent({ metadata: { name: 'build', namespace: 'other', uid: '1' } }, parent)).toBe(false);
});
