import { describe, expect, test } from '@jest/globals';

import { TASK_FIELDS } from '../../../../shared/tekton/reference-fields.ts';
import { isTektonReference } from '../../../../shared/tekton/reference-scope.ts';
import { paramReplacements, substituteFields } from '../../../../shared/tekton/substitution.ts';
import type { Param, TaskSpec } from '../../../../shared/tekton/types.ts';
import { taskReferenceErrors } from '../../../../shared/tekton/validation/references.ts';
import {
  fieldAt,
  objectWith,
  TASK_LIST_FIELDS,
  TASK_PLAIN_FIELDS,
  TASK_STRING_FIELDS,
} from './support/upstream-fields.ts';

const given: Param[] = [
  { name: 'text', value: 'T' },
  { name: 'a.b', value: 'dotted' },
  { name: 'list', value: ['x', 'y'] },
  { name: 'object', value: { key: 'K' } },
];

/** What is wrong with the spec that has `value` at `field`; or what is there after the params were put in. */
function outcome(field: string, value: unknown): { errors: string[]; becomes: unknown } {
  const spec = objectWith(field, value) as TaskSpec;
  const errors = taskReferenceErrors(spec, 'spec', { params: given, workspaces: ['source'] });
  const applied = substituteFields(spec, TASK_FIELDS, paramReplacements(given));
  return { errors: errors.map(({ path, message }) => `${path}: ${message}`), becomes: fieldAt(applied, field) };
}

const STRINGS: [string, string][] = [
  ['$(params.text)', 'T'],
  ['a $(params.text) b$(params["text"])$(params[\'text\'])', 'a T bTT'],
  ['$(inputs.params.text)', 'T'],
  ['$(params["a.b"])', 'dotted'],
  ['$(params.list[1])', 'y'],
  ['$(params["list"][0])', 'x'],
  ['$(params.object.key)', 'K'],
  ['$$(params.text)', '$T'],
];

/** References whose text stays, for now or for good. */
const KEPT = [
  '$(context.taskRun.name)$(context.taskRun.namespace)$(context.taskRun.uid)',
  '$(context.task.name)$(context.task.retry-count)',
  '$(workspaces.source.path)$(workspaces.source.bound)$(workspaces.source.claim)$(workspaces.source.volume)',
  '$(credentials.path)',
  '$(date) $(cat params.txt) $(tasks) $(results) ${params.text} $(HOME) $(echo $(workspaces))',
];

const REFUSED: [string, string][] = [
  ['$(params.list[*])', 'variable type invalid'],
  ['$(params.list)', 'variable type invalid'],
  ['a $(params["list"][*]) b', ''],
  ['$(params.object[*])', 'variable type invalid'],
  ['$(params.object)', 'variable type invalid'],
  ['$(params.object.other)', 'non-existent variable'],
  ['$(params.list[2])', 'non-existent param references'],
  ['$(params.text[*])', 'non-existent variable'],
  ['$(params.nobody)', 'non-existent variable'],
  ['$(params.nobody[*])', 'non-existent variable'],
  ['$(params["nobody"])', 'non-existent variable'],
  ['$(inputs.params.nobody)', 'non-existent variable'],
  ['$(context.taskRun.nothing)', 'non-existent variable'],
  ['$(context.pipelineRun.name)', 'non-existent variable'],
  ['$(tasks.other.results.digest)', 'non-existent variable'],
  ['$(tasks.other.status)', 'non-existent variable'],
  ['$(workspaces.nowhere.path)', 'non-existent variable'],
  ['$(results.nothing.path)', 'non-existent variable'],
  ['$(steps.other.results.r)', 'non-existent variable'],
  ['$(step.results.r.path)', 'non-existent variable'],
  ['$(outputs.resources.image.url)', 'non-existent variable'],
];

describe.each(TASK_STRING_FIELDS)('%s', (field) => {
  test.each(STRINGS)('%s is replaced', (text, expected) => {
    expect(outcome(field, text)).toEqual({ errors: [], becomes: expected });
  });

  test.each(KEPT)('%s stays', (text) => {
    expect(outcome(field, text)).toEqual({ errors: [], becomes: text });
  });

  test.each(REFUSED)('%s is refused, with the path of the field', (text, why) => {
    const { errors } = outcome(field, text);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`spec.${field.replaceAll('[]', '[0]')}: ${why}`);
  });
});

describe.each(TASK_LIST_FIELDS)('%s', (field) => {
  test('a whole array becomes elements, with and without [*]', () => {
    const value = ['a', '$(params.list[*])', '$(params["list"])', '$(params.text)'];
    expect(outcome(field, value)).toEqual({ errors: [], becomes: ['a', 'x', 'y', 'x', 'y', 'T'] });
  });

  test.each([
    ['a whole array within other text', 'a $(params.list[*])', 'variable is not properly isolated'],
    ['a whole object', '$(params.object[*])', 'variable type invalid'],
    ['an element beyond the array', '$(params.list[2])', 'non-existent param references'],
    ['what nobody declares', '$(params.nobody)', 'non-existent variable'],
  ])('%s is refused', (_what, text, why) => {
    const { errors } = outcome(field, ['a', text]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`spec.${field.replaceAll('[]', '[0]')}[1]: ${why}`);
  });

  test("a shell's substitution stays", () => {
    expect(outcome(field, ['$(date)'])).toEqual({ errors: [], becomes: ['$(date)'] });
  });
});

test.each(TASK_PLAIN_FIELDS)('%s takes no references, as with upstream: refused, never passed on', (field) => {
  expect(outcome(field, '$(params.text)').errors).toEqual([
    `spec.${field.replaceAll('[]', '[0]')}: $(params.text) stands in a field in which Tekton replaces no references`,
  ]);
  expect(outcome(field, '$(HOSTNAME)')).toEqual({ errors: [], becomes: '$(HOSTNAME)' });
});

test.each([
  ...[
    'params["object"].key',
    "params['object'].key",
    'params.object["key"]',
    'params["object"]["key"]',
    'params.object.',
  ],
  ...[
    'params.list[01]',
    'params.list[ 1 ]',
    'params.list[-1]',
    'params.list[1][0]',
    'params.list[]',
    'params["list"][1]',
  ],
  ...[
    'params.text.',
    'params..text',
    'params.text ',
    'params.["text"]',
    'params["text',
    'params["text"].x',
    'params.toString',
  ],
  ...[
    'inputs.params["text"]',
    'results["r"]',
    'results.r',
    'workspaces["source"].path',
    'params.__proto__',
    'params.object.constructor',
  ],
  ...['params["a.b"].x', 'params.a.b', 'inputs.params.object.key', 'inputs.params.list[0]', 'tasks.x.results["r"][0]'],
])('$(%s) is replaced, refused or not a reference of Tekton, never passed to a shell as one', (reference) => {
  const { errors, becomes } = outcome('steps[].script', `$(${reference})`);
  const passedOn = becomes === `$(${reference})` && errors.length === 0;
  expect(passedOn && isTektonReference(reference)).toBe(false);
});

test('text for people is not changed', () => {
  const spec: TaskSpec = {
    description: 'set $(params.nobody)',
    params: [{ name: 'p', description: 'as $(params.nobody)', default: 'x' }],
    results: [{ name: 'r', description: '$(params.nobody)' }],
    steps: [{ name: 's', image: 'x', script: 'true' }],
  };
  expect(taskReferenceErrors(spec, 'spec')).toEqual([]);
});

describe('a default', () => {
  const errorsOf = (params: TaskSpec['params'], values: Param[] = []): string[] =>
    taskReferenceErrors({ ...(params && { params }) }, 'spec', { params: values }).map(
      ({ path, message }) => `${path}: ${message}`,
    );

  test('may refer to others, in any order, and to names', () => {
    const params = [
      { name: 'image', default: '$(params.registry)/$(params["name"]):$(params.tags[0])' },
      { name: 'name', default: 'app-$(context.taskRun.name)' },
      { name: 'registry', default: 'r' },
      { name: 'tags', type: 'array' as const, default: ['$(params.registry)'] },
    ];
    expect(errorsOf(params)).toEqual([]);
  });

  test('a circle is refused with each of its members, unless a value is given', () => {
    const params = [
      { name: 'a', default: '$(params.b)' },
      { name: 'b', default: 'x$(params["a"])' },
      { name: 'c', default: '$(params.a)' },
      { name: 'self', default: ['$(params.self[0])'] },
    ];
    expect(errorsOf(params)).toEqual([
      'spec.params[0].default: circular dependency detected in param "a": a → b → a',
      'spec.params[1].default: circular dependency detected in param "b": b → a → b',
      'spec.params[3].default: circular dependency detected in param "self": self → self',
    ]);
    const values = [
      { name: 'b', value: '1' },
      { name: 'self', value: ['1'] },
    ];
    expect(errorsOf(params, values)).toEqual([]);
  });

  test('refers to an undeclared name, or to a whole array where a string is required: refused', () => {
    const params = [
      { name: 'a', default: '$(params.nobody)' },
      { name: 'list', default: ['x'] },
      { name: 'b', default: '$(params.list[*])' },
    ];
    expect(errorsOf(params)).toEqual([
      expect.stringContaining('spec.params[0].default: non-existent variable in "$(params.nobody)"'),
      expect.stringContaining('spec.params[2].default: variable type invalid in "$(params.list[*])"'),
    ]);
  });
});
