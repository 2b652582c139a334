import { afterEach, expect, jest, test } from '@jest/globals';

import { peerProgram } from '../../peers/support/binaries.ts';

afterEach(() => void jest.restoreAllMocks());

test("a program is where envtest's variables say, its own before the folder of all", () => {
  jest.replaceProperty(process, 'env', { TEST_ASSET_ETCD: process.execPath, KUBEBUILDER_ASSETS: '/nowhere' });
  expect(peerProgram('etcd')).toBe(process.execPath);
});

test('a variable that names no program is named', () => {
  jest.replaceProperty(process, 'env', { TEST_ASSET_ETCD: '/nowhere/etcd', KUBEBUILDER_ASSETS: '/other' });
  expect(() => peerProgram('etcd')).toThrow(
    '/nowhere/etcd is missing or not executable: TEST_ASSET_ETCD=/nowhere/etcd names it',
  );
  expect(() => peerProgram('kube-apiserver')).toThrow(
    '/other/kube-apiserver is missing or not executable: KUBEBUILDER_ASSETS=/other names it',
  );
});
