import { describe, expect, test } from '@jest/globals';

import { PIPELINE_TASK_FIELDS, TASK_FIELDS } from '../../../../shared/tekton/reference-fields.ts';
import {
  mergeReplacements,
  paramReplacements,
  stringReplacements,
  SubstitutionTooLarge,
  substitute,
  substituteDeep,
  substituteFields,
  substituteList,
  substituteValue,
} from '../../../../shared/tekton/substitution.ts';

const replacements = mergeReplacements(
  paramReplacements([
    { name: 'name', value: 'web' },
    { name: 'dotted.name', value: 'dots' },
    { name: 'list', value: ['a', 'b'] },
    { name: 'empty', value: [] },
    { name: 'object', value: { url: 'https://example.com', ref: '$(params.name)' } },
  ]),
  stringReplacements({ 'context.taskRun.name': 'run-1' }),
);

describe('substitute', () => {
  test.each([
    ['$(params.name)', 'web'],
    ['$(params["name"]) $(params[\'name\'])', 'web web'],
    ['$(params["dotted.name"])', 'dots'],
    ['$(params.list[1])/$(params.object.url)', 'b/https://example.com'],
    ['$(context.taskRun.name)', 'run-1'],
    ['echo $(cat $(params.name).txt)', 'echo $(cat web.txt)'],
    ['$(params.missing) $(date) $HOME $(params.list[7])', '$(params.missing) $(date) $HOME $(params.list[7])'],
  ])('%s → %s', (text, expected) => expect(substitute(text, replacements)).toBe(expected));

  test('references in a value are not replaced', () => {
    expect(substitute('$(params.object.ref)', replacements)).toBe('$(params.name)');
  });

  test('names of Object.prototype are not references', () => {
    expect(substitute('$(constructor) $(toString)', replacements)).toBe('$(constructor) $(toString)');
  });
});

test('an element that is an array reference expands in place, an empty array to nothing', () => {
  expect(substituteList(['x', '$(params.list[*])', '$(params.empty[*])', 'y-$(params.name)'], replacements)).toEqual([
    'x',
    'a',
    'b',
    'y-web',
  ]);
});

test('a value that is a whole reference takes the type of what it names', () => {
  expect(substituteValue('$(params.list[*])', replacements)).toEqual(['a', 'b']);
  expect(substituteValue('$(params.object[*])', replacements)).toEqual({
    url: 'https://example.com',
    ref: '$(params.name)',
  });
  expect(substituteValue({ k: '$(params.name)' }, replacements)).toEqual({ k: 'web' });
});

test('a spec is copied with the references in its fields replaced, and the original stays', () => {
  const tree = { steps: [{ args: 'list', script: 'string' }], params: [{ value: 'value' }] } as const;
  const spec = {
    steps: [{ name: '$(params.name)', args: ['$(params.list[*])'], script: 'echo $(params.name)' }],
    params: [{ name: 'p', value: '$(params.list[*])' }],
    count: 1,
  };
  expect(substituteFields(spec, tree, replacements)).toEqual({
    steps: [{ name: '$(params.name)', args: ['a', 'b'], script: 'echo web' }],
    params: [{ name: 'p', value: ['a', 'b'] }],
    count: 1,
  });
  expect(spec.steps[0]?.script).toBe('echo $(params.name)');
});

test('in a podTemplate all strings and keys are fields, and take strings only', () => {
  const podTemplate = {
    nodeSelector: { 'disk-$(params.name)': '$(params.name)' },
    tolerations: [{ value: '$(params.list[*])' }],
  };
  expect(substituteDeep(podTemplate, replacements)).toEqual({
    nodeSelector: { 'disk-web': 'web' },
    tolerations: [{ value: '$(params.list[*])' }],
  });
});

test('what many references to a long value would make is refused, not made', () => {
  const long = paramReplacements([
    { name: 'text', value: 'x'.repeat(1_000_000) },
    { name: 'list', value: Array<string>(1000).fill('x'.repeat(1000)) },
    { name: 'object', value: { key: 'x'.repeat(1_000_000) } },
  ]);
  const step = (script: string, args: string[] = []) => ({ steps: [{ name: 's', image: 'i', script, args }] });
  const params = (value: string) => ({
    params: Array.from({ length: 20 }, (_, index) => ({ name: `p${index}`, value })),
  });
  expect(substituteFields(step('$(params.text)'.repeat(10)), TASK_FIELDS, long).steps[0]?.script).toHaveLength(
    10_000_000,
  );
  for (const many of [step('$(params.text)'.repeat(20)), step('', Array<string>(20).fill('$(params.list[*])'))])
    expect(() => substituteFields(many, TASK_FIELDS, long)).toThrow(SubstitutionTooLarge);
  for (const many of [params('$(params.text)'), params('$(params.list[*])'), params('$(params.object[*])')])
    expect(() => substituteFields(many, PIPELINE_TASK_FIELDS, long)).toThrow('more than 16 MiB together');
});

test('later replacements win', () => {
  const merged = mergeReplacements(stringReplacements({ a: '1', b: '1' }), stringReplacements({ b: '2' }));
  expect(substitute('$(a)$(b)', merged)).toBe('12');
});
