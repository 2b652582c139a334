import { expect, test } from '@jest/globals';

import { planPaths } from '../../../../../local/node/isolation/plain.ts';

const machine = (path: string): boolean => ['/etc', '/usr'].includes(path);

test("directories of the Pod alone are mapped whole, those of the machine at the mount's path", () => {
  expect(planPaths(['/workspace/src', '/etc/config'], '/build/out', '/r', machine)).toEqual({
    '/tmp': '/r/tmp',
    '/workspace': '/r/workspace',
    '/etc/config': '/r/etc/config',
    '/build': '/r/build',
  });
});

test("a working directory of the machine's is left where it is", () => {
  expect(planPaths([], '/usr/share', '/r', machine)).toEqual({ '/tmp': '/r/tmp' });
  expect(planPaths([], '/', '/r', machine)).toEqual({ '/tmp': '/r/tmp' });
});
