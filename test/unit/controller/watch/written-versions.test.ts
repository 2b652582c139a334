import { beforeEach, expect, test } from '@jest/globals';

import { WrittenVersions } from '../../../../controller/watch/written-versions.ts';
import type { KubeObject } from '../../../../shared/kubernetes/types.ts';

const KEY = 'ci/build';
const at = (resourceVersion: string, uid = 'uid'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Any',
  metadata: { namespace: 'ci', name: 'build', uid, resourceVersion },
});

let written: WrittenVersions;
beforeEach(() => {
  written = new WrittenVersions();
});

test('the cache is behind until the watch brings what was written', () => {
  written.note(at('10'), at('9'));
  expect(written.isBehind(KEY, at('9'))).toBe(true);
  expect(written.arrived(at('9'))).toBe(false);
  expect(written.arrived(at('10'))).toBe(true);
  expect(written.isBehind(KEY, at('10'))).toBe(false);
});

test('versions are numbers, not text', () => {
  written.note(at('100'), at('99'));
  expect(written.isBehind(KEY, at('99'))).toBe(true);
});

test('a newer version than the written one ends the wait', () => {
  written.note(at('10'), at('9'));
  expect(written.arrived(at('12'))).toBe(false);
  expect(written.isBehind(KEY, at('12'))).toBe(false);
});

test('another object of the same name is reconciled', () => {
  written.note(at('10'), at('9'));
  expect(written.isBehind(KEY, at('3', 'other'))).toBe(false);
});

test('a write whose outcome the watch brought before the answer is not waited for', () => {
  written.note(at('10'), at('11'));
  expect(written.isBehind(KEY, at('11'))).toBe(false);
});

test.each<[string, () => void]>([
  ['arrives', () => void written.arrived(at('10'))],
  ['is forgotten with its object', () => written.forget(at('10'))],
  ['is seen in the cache', () => void written.isBehind(KEY, at('10'))],
  ['is of an object that the cache has no more', () => void written.isBehind(KEY, undefined)],
])('nothing is kept of a version that %s', (_what, happens) => {
  written.note(at('10'), at('9'));
  expect(written.size).toBe(1);
  happens();
  expect(written.size).toBe(0);
});

test('nothing is kept of a write to an object that is gone', () => {
  written.note(at('10'), undefined);
  expect(written.size).toBe(0);
});
