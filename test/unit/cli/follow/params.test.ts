import { describe, expect, test } from '@jest/globals';

import { parseParams, withParams } from '../../../../cli/follow/params.ts';
import { paramTypes } from '../../../../cli/follow/declared.ts';
import type { PipelineRun } from '../../../../shared/tekton/types.ts';

const run: PipelineRun = {
  kind: 'PipelineRun',
  metadata: { name: 'build', namespace: 'ci' },
  spec: {
    params: [
      { name: 'kept', value: '1' },
      { name: 'text', value: 'old' },
    ],
    pipelineSpec: { params: [{ name: 'text' }, { name: 'list', type: 'array' }, { name: 'map', type: 'object' }] },
  },
};

const paramsOf = (...options: string[]) =>
  withParams(run, parseParams(options), paramTypes(run, [])).spec.params?.slice(1);

describe('--param', () => {
  test.each([
    ['text=a=b', 'a=b'],
    ['text=', ''],
    ['text=a,b', 'a,b'],
    ['text=["x"]', '["x"]'],
    ['list=a,b', ['a', 'b']],
    ['list=a', ['a']],
    ['list=', []],
    ['list=a, b,', ['a', ' b', '']],
    ['list=["a,b","c"]', ['a,b', 'c']],
    ['list=[]', []],
    ['list=k=v,k=w', ['k=v', 'k=w']],
    ['map={"k":"v"}', { k: 'v' }],
    ['map=k:v', { k: 'v' }],
    ['map=url:http://x:1, tag:', { url: 'http://x:1', tag: '' }],
  ])('%s', (option, value) => {
    expect(paramsOf(option)).toEqual(
      option.startsWith('text')
        ? [{ name: 'text', value }]
        : [
            { name: 'text', value: 'old' },
            { name: option.split('=')[0], value },
          ],
    );
  });

  test('none changes nothing', () => {
    expect(withParams(run, [], new Map())).toBe(run);
  });

  test.each([
    ['list=[a', '--param list: is of type array and begins like JSON, but is not valid JSON: [a'],
    ['list=[1]', '--param list: is of type array: expected a,b or ["a","b"]'],
    ['map=x', '--param map: is of type object: expected key1:value1,key2:value2'],
    ['map=:x', '--param map: is of type object'],
    ['map=', '--param map: is of type object'],
    ['map={"a":1}', 'all values strings'],
    ['map={a:1}', 'begins like JSON, but is not valid JSON'],
  ])('%s is not of its type', (option, message) => {
    expect(() => paramsOf(option)).toThrow(message);
  });

  test.each(['text', '=x', ''])('%p is not a pair', (option) => {
    expect(() => parseParams([option])).toThrow(`--param ${JSON.stringify(option)}: expected NAME=VALUE`);
  });

  test('a name twice is refused', () => {
    expect(() => parseParams(['list=a', 'x=1', 'list=b'])).toThrow('--param list: is given twice');
  });
});
