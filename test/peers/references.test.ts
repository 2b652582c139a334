import { expect, test } from '@jest/globals';

import type { PipelineRun, PipelineRunSpec, PipelineTask, TaskRun, TaskSpec } from '../../shared/tekton/types.ts';
import { validatePipelineRun, validateTaskRun } from '../../shared/tekton/validation/run.ts';
import { objectWith, TASK_LIST_FIELDS, TASK_STRING_FIELDS } from '../unit/shared/tekton/support/upstream-fields.ts';
import { convertUpstream } from './support/conversion.ts';
import type { TektonObject } from './support/conversion.ts';

/** References of every kind to what the objects below declare, and to what they don't. */
const REFERENCES = [
  ...['$(params.text)', '$(params["text"])', '$(inputs.params.text)', '$$(params.text)', '$(params.text.a.b)'],
  ...['$(params.list[*])', '$(params.list)', '$(params.list[1])', '$(params.list[9])', 'a $(params.list[*]) b'],
  ...["$(params['list'][*])", '$(params.object[*])', '$(params.object)', '$(params.object.key)', '$(params.object.x)'],
  ...['$(params.nobody)', '$(params["nobody"])', '$(params)', '$(params.sh argument)'],
  ...['$(context.taskRun.name)', '$(context.taskRun.x)', '$(context.task.retry-count)', '$(context.task.x)'],
  ...['$(context.pipelineRun.uid)', '$(context.pipelineRun.x)', '$(context.pipelineTask.retries)'],
  ...['$(workspaces.w.path)', '$(workspaces.x.path)', '$(results.r.path)', '$(results.x.path)', '$(results["r"].path)'],
  ...['$(tasks.make.results.text)', '$(tasks.make.results.x)', '$(tasks.make.results.list[*])', '$(tasks.x.results.r)'],
  ...['$(tasks.make.results.list[0])', '$(tasks.make.results.object.key)', '$(tasks.make.result.text)'],
  ...['$(tasks.make.status)', '$(tasks.status)', '$(tasks.make.reason)', '$(tasks.x.status)'],
  ...['$(steps.s.results.r)', '$(step.results.r.path)', '$(steps.step-s.exitCode.path)', '$(credentials.path)'],
  ...['$(outputs.resources.a.b)'],
];

/** What is a shell's, or text. */
const SHELL = ['$(date)', '$(HOME)', '$(cat params.txt)', '$(ls "$(dirname x)")', '${params.text}', '$(( 1 + 1 ))'];
/** Of these, what upstream takes for a reference in params and `when`. */
const SIMPLE = ['$(date)', '$(HOME)'];

const params = [
  { name: 'text', value: 'T' },
  { name: 'list', value: ['x', 'y'] },
  { name: 'object', value: { key: 'K' } },
];
const workspaces = [{ name: 'w', emptyDir: {} }];
const step = { name: 's', image: 'busybox' };
const make: PipelineTask = {
  name: 'make',
  taskSpec: {
    results: [{ name: 'text' }, { name: 'list', type: 'array' }, { name: 'object', properties: { key: {} } }],
    steps: [{ ...step, script: 'true' }],
  },
};

interface Case {
  what: string;
  object: TektonObject;
}

const object = (kind: string, spec: object): TektonObject => ({
  ...{ apiVersion: 'tekton.dev/v1', kind },
  metadata: { name: 'run' },
  spec: spec as Record<string, unknown>,
});

/** A Task's spec with the field, and all that it needs besides. */
function taskWith(field: string, value: string): TaskSpec {
  const part = objectWith(field, TASK_LIST_FIELDS.includes(field) ? ['sh', value] : value) as TaskSpec;
  const steps = [{ ...step, ...(field.endsWith('.command') ? {} : { script: 'true' }), ...part.steps?.[0] }];
  const named = <T extends object>(list: T[] | undefined, rest: object): T[] | undefined =>
    list?.map((item) => ({ ...rest, ...item }));
  return JSON.parse(
    JSON.stringify({
      ...{ ...part, steps, results: [{ name: 'r' }] },
      sidecars: named(part.sidecars, { name: 'helper', image: 'busybox' }),
      volumes: named(part.volumes, { name: 'v' }),
      workspaces: named(part.workspaces, { name: 'w' }),
    }),
  ) as TaskSpec;
}

/** Fields that are refused as a whole, or in which nothing but a name or path can stand. */
const NO_TEXT = /when|Config\.path|onError|^steps\[\]\.name|volumeMounts/;
const FIELDS = [...TASK_STRING_FIELDS, ...TASK_LIST_FIELDS].filter((field) => !NO_TEXT.test(field));

const pipeline = (spec: PipelineRunSpec['pipelineSpec'], more: object = {}): TektonObject =>
  object('PipelineRun', { params, workspaces, pipelineSpec: spec, ...more });

function inTask(text: string): Case[] {
  return FIELDS.flatMap((field) => {
    const taskSpec = taskWith(field, text);
    return [
      { what: `TaskRun ${field}: ${text}`, object: object('TaskRun', { params, workspaces, taskSpec }) },
      { what: `PipelineRun ${field}: ${text}`, object: pipeline({ tasks: [make, { name: 'use', taskSpec }] }) },
    ];
  });
}

function inPipelineTask(text: string): Case[] {
  const places: [string, Partial<PipelineTask>][] = [
    ['a param', { params: [{ name: 'p', value: text }] }],
    ["an array param's element", { params: [{ name: 'p', value: ['a', text] }] }],
    ["an object param's value", { params: [{ name: 'p', value: { k: text } }] }],
    ["when's input", { when: [{ input: text, operator: 'in', values: ['a'] }] }],
    ["when's values", { when: [{ input: 'a', operator: 'in', values: ['a', text] }] }],
  ];
  const taskSpec: TaskSpec = { steps: [{ ...step, script: 'true' }], results: [{ name: 'r' }] };
  return places.flatMap(([place, part]) => {
    const use = { name: 'use', taskSpec, ...part };
    return [
      { what: `${place}: ${text}`, object: pipeline({ tasks: [make, use] }) },
      { what: `${place} in finally: ${text}`, object: pipeline({ tasks: [make], finally: [use] }) },
    ];
  });
}

function elsewhere(text: string): Case[] {
  const params2 = [...params, { name: 'given', value: text }];
  return [
    { what: `a pipeline result: ${text}`, object: pipeline({ tasks: [make], results: [{ name: 'r', value: text }] }) },
    { what: `a param of the run: ${text}`, object: pipeline({ tasks: [make] }, { params: params2 }) },
  ];
}

const isRefused = ({ object: { kind, metadata, spec } }: Case): boolean => {
  const run = { metadata, spec } as unknown as PipelineRun & TaskRun;
  return (kind === 'PipelineRun' ? validatePipelineRun(run) : validateTaskRun(run)).length > 0;
};

test("what upstream's webhook refuses for a reference is refused here too", async () => {
  const cases = REFERENCES.flatMap((text) => [...inTask(text), ...inPipelineTask(text), ...elsewhere(text)]);
  const upstream = await convertUpstream(cases.map((each) => each.object));
  const refused = cases.filter((_, index) => upstream[index]?.refused ?? upstream[index]?.unreadable);
  expect(refused.length).toBeGreaterThan(100);
  expect(refused.filter((each) => !isRefused(each)).map(({ what }) => what)).toEqual([]);
});

test("what is a shell's is refused by neither, but where upstream takes it for a reference", async () => {
  const cases = SHELL.flatMap((text) => [...inTask(text), ...(SIMPLE.includes(text) ? [] : inPipelineTask(text))]);
  const upstream = await convertUpstream(cases.map((each) => each.object));
  expect(cases.filter((_, index) => upstream[index]?.refused).map(({ what }) => what)).toEqual([]);
  expect(cases.filter((each) => isRefused(each)).map(({ what }) => what)).toEqual([]);
  const simple = SIMPLE.flatMap((text) => inPipelineTask(text));
  const outcomes = await convertUpstream(simple.map((each) => each.object));
  expect(outcomes.map(({ refused }) => refused !== undefined)).toEqual(simple.map(() => true));
  expect(simple.map((each) => isRefused(each))).toEqual(simple.map(() => true));
});
