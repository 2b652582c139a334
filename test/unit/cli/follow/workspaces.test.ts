import { describe, expect, test } from '@jest/globals';

import { parseWorkspaces, withWorkspaces } from '../../../../cli/follow/workspaces.ts';
import type { PipelineRun } from '../../../../shared/tekton/types.ts';

const here = import.meta.dirname;

describe('--workspace', () => {
  test.each([
    [`source=${here}`, { name: 'source', directory: here }],
    [`name=${here}`, { name: 'name', directory: here }],
    ['name=s,claimName=pvc', { name: 's', persistentVolumeClaim: { claimName: 'pvc' } }],
    ['name=s,claimName=pvc,subPath=a/b', { name: 's', subPath: 'a/b', persistentVolumeClaim: { claimName: 'pvc' } }],
    ['name=s,emptyDir=', { name: 's', emptyDir: {} }],
    ['name=s,emptyDir=Memory', { name: 's', emptyDir: { medium: 'Memory' } }],
    ['name=s,config=cm', { name: 's', configMap: { name: 'cm' } }],
    ['name=s,config=cm,item=a=b/c', { name: 's', configMap: { name: 'cm', items: [{ key: 'a', path: 'b/c' }] } }],
    ['name=s,secret=t', { name: 's', secret: { secretName: 't' } }],
  ])('%s', async (option, expected) => {
    expect(await parseWorkspaces([option])).toEqual([expected]);
  });

  test.each([
    ['source', 'expected NAME=DIR, or as tkn'],
    ['=x', 'expected NAME=DIR'],
    ['source=', 'expected NAME=DIR'],
    ['source=/nowhere/at/all', '--workspace source=/nowhere/at/all: there is no such file or directory'],
    [`source=${import.meta.filename}`, 'this is a file, not a directory'],
    ['name=s,subPath=x', 'expected exactly one of claimName, emptyDir, config, secret'],
    ['name=s,config=a,secret=b', 'expected exactly one of'],
    ['name=s,claimName=', 'claimName has no name'],
    ['name=s,emptyDir=disk', 'emptyDir is one of Memory, HugePages or empty'],
    ['name=s,config=a,item=b', 'expected item=KEY=PATH'],
    ['name=s,config=a,b', 'expected KEY=VALUE, found "b"'],
    ['name=,emptyDir=', 'name is empty'],
    [
      'name=s,volumeClaimTemplateFile=f',
      'volumeClaimTemplateFile is not supported: write that into the run’s workspaces',
    ],
    ['name=s,hostPath=f', 'hostPath is not supported: expected one of'],
  ])('%s is refused', async (option, message) => {
    await expect(parseWorkspaces([option])).rejects.toThrow(message);
    await expect(parseWorkspaces([option])).rejects.toMatchObject({ name: 'CommandError', exitCode: 2 });
  });

  test('a name twice is refused', async () => {
    await expect(parseWorkspaces([`a=${here}`, 'name=a,emptyDir='])).rejects.toThrow('--workspace a: is given twice');
  });

  test('binds over the file’s binding', () => {
    const run: PipelineRun = {
      metadata: {},
      spec: {
        workspaces: [
          { name: 'a', emptyDir: {} },
          { name: 'b', emptyDir: {} },
        ],
      },
    };
    const given = { name: 'a', persistentVolumeClaim: { claimName: 'c' } };
    expect(withWorkspaces(run, [given]).spec.workspaces).toEqual([{ name: 'b', emptyDir: {} }, given]);
    expect(withWorkspaces(run, [])).toBe(run);
  });
});
