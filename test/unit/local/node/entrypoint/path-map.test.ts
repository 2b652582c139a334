import { expect, test } from '@jest/globals';

import { mapPath, mapPaths } from '../../../../../local/node/entrypoint/path-map.ts';

const map = { '/workspace': '/r/workspace', '/tekton': '/r/tekton', '/tmp': '/r/tmp', '/workspace/deep': '/d' };

test.each([
  ['/workspace', '/r/workspace'],
  ['/workspace/src', '/r/workspace/src'],
  ['/workspace/deep/x', '/d/x'],
  ['--out=/workspace/x:/tmp', '--out=/r/workspace/x:/r/tmp'],
  ['"/tekton/results/a"', '"/r/tekton/results/a"'],
  ['file:///workspace/x', 'file:///r/workspace/x'],
  ['cd /workspace; cat /workspace.', 'cd /r/workspace; cat /r/workspace.'],
])('%s is mapped', (text, expected) => {
  expect(mapPaths(text, map)).toBe(expected);
});

test.each([
  '/workspaces',
  '/workspace-a',
  '/workspace.txt',
  './workspace',
  '$(pwd)/workspace',
  '${HOME}/tmp',
  '/var/tmp',
  'a/tmp',
  '~/tmp',
])('%s is another path and stays', (text) => {
  expect(mapPaths(text, map)).toBe(text);
});

test('a replacement is not replaced again', () => {
  expect(mapPaths('/tmp', { '/tmp': '/tmp/x/tmp' })).toBe('/tmp/x/tmp');
});

test('one path is mapped by its longest prefix', () => {
  expect(mapPath('/workspace/deep/x', map)).toBe('/d/x');
  expect(mapPath('/workspaces', map)).toBe('/workspaces');
});
