import { beforeEach, describe, expect, test } from '@jest/globals';

import type {
  PipelineRunSpec,
  PipelineSpec,
  PipelineTask,
  TaskRun,
  TaskRunResult,
  TaskSpec,
} from '../../../../shared/tekton/types.ts';
import {
  fieldAt,
  objectWith,
  PIPELINE_TASK_LIST_FIELDS,
  PIPELINE_TASK_STRING_FIELDS,
  PIPELINE_TASK_VALUE_FIELDS,
  TASK_LIST_FIELDS,
  TASK_STRING_FIELDS,
} from '../../shared/tekton/support/upstream-fields.ts';
import { FakeRun } from './support/fake-run.ts';

const steps = [{ name: 's', image: 'busybox', script: 'true' }];

const RESULTS: TaskRunResult[] = [
  { name: 'text', type: 'string', value: 'T' },
  { name: 'list', type: 'array', value: ['x', 'y'] },
  { name: 'object', type: 'object', value: { key: 'K' } },
];
const make: PipelineTask = {
  name: 'make',
  taskSpec: {
    results: [{ name: 'text' }, { name: 'list', type: 'array' }, { name: 'object', properties: { key: {} } }],
    steps,
  },
};

let flow: FakeRun;
beforeEach(() => {
  flow = new FakeRun();
});

/** The embedded spec with a field more, and all a spec needs besides. */
function embedded(field: string, value: unknown): TaskSpec {
  const extra = objectWith(field, value) as TaskSpec;
  return { ...extra, steps: [{ ...steps[0], ...extra.steps?.[0] }] };
}

function endMake(): void {
  const taskRun = flow.taskRuns.get('flow-make')!;
  const conditions = [{ type: 'Succeeded', status: 'True' as const, reason: 'Succeeded' }];
  flow.putTaskRun({ ...taskRun, status: { conditions, results: RESULTS } });
}

/** Starts `use` beside `make` and, when `make` has ended with its results, gives the TaskRun of `use`. */
async function runAfterMake(use: PipelineTask, section: 'tasks' | 'finally' = 'tasks'): Promise<TaskRun | undefined> {
  const tasks = section === 'tasks' ? [use, make] : [make];
  flow.create({ pipelineSpec: { tasks, ...(section === 'finally' && { finally: [use] }) } });
  await flow.reconcile();
  expect(flow.condition?.message).not.toContain('invalid');
  expect(flow.taskRuns.get('flow-use')).toBeUndefined();
  endMake();
  await flow.reconcile();
  return flow.taskRuns.get('flow-use');
}

async function failureOf(spec: PipelineRunSpec): Promise<string> {
  flow.create(spec);
  await flow.reconcile();
  expect(flow.taskRuns.size).toBe(0);
  return `${flow.condition?.status} ${flow.condition?.reason}: ${flow.condition?.message}`;
}

const STRINGS: [string, string][] = [
  ['$(tasks.make.results.text)', 'T'],
  ['a-$(tasks.make.results["text"])$(tasks.make.results[\'text\'])', 'a-TT'],
  ['$(tasks.make.results.list[1])', 'y'],
  ['$(tasks.make.results.object.key)', 'K'],
];

describe("a result in an embedded spec makes its task wait for the result's, and is replaced", () => {
  // A step's `when` and its output files are refused as a whole, and a step's name can't refer to anything.
  const refused = /when|stdoutConfig|stderrConfig|onError|workspaces|^steps\[\]\.name/;
  test.each(TASK_STRING_FIELDS.filter((field) => !refused.test(field)))('%s', async (field) => {
    const [text, expected] = [STRINGS.map(([each]) => each).join(''), STRINGS.map(([, each]) => each).join('')];
    const taskRun = await runAfterMake({ name: 'use', taskSpec: embedded(field, text) });
    expect(fieldAt(taskRun?.spec.taskSpec, field)).toBe(expected);
  });

  test.each(TASK_LIST_FIELDS.filter((field) => !field.includes('when')))('%s, whole arrays too', async (field) => {
    const base = field.startsWith('steps[].command') ? { script: undefined } : {};
    const spec = embedded(field, ['a', '$(tasks.make.results.list[*])', '$(tasks.make.results.text)']);
    const taskRun = await runAfterMake({
      name: 'use',
      taskSpec: { ...spec, steps: spec.steps!.map((step) => JSON.parse(JSON.stringify({ ...step, ...base }))) },
    });
    expect(fieldAt(taskRun?.spec.taskSpec, field)).toEqual(['a', 'x', 'y', 'T']);
  });

  test('a default of its params, and in finally', async () => {
    const taskSpec = embedded('params[]', { name: 'p', default: '$(tasks.make.results.text)' });
    const taskRun = await runAfterMake({ name: 'use', taskSpec }, 'finally');
    expect(taskRun?.spec.taskSpec?.params).toEqual([{ name: 'p', default: 'T' }]);
  });
});

describe('a result in a pipeline task is replaced', () => {
  const task = (field: string, value: unknown): PipelineTask => ({
    ...{ name: 'use', taskSpec: { steps } },
    ...objectWith(field, value),
  });
  test.each(STRINGS)('displayName: %s', async (text, expected) => {
    await runAfterMake(task('displayName', text));
    const child = flow.run.status?.childReferences?.find(({ pipelineTaskName }) => pipelineTaskName === 'use');
    expect(child?.displayName).toBe(expected);
  });

  test.each(STRINGS)('params: %s', async (text, expected) => {
    const taskRun = await runAfterMake(task('params[]', { name: 'p', value: text }));
    expect(taskRun?.spec.params?.[0]?.value).toBe(expected);
  });

  test.each([
    ['$(tasks.make.results.list[*])', ['x', 'y']],
    ['$(tasks.make.results.list)', ['x', 'y']],
    ['$(tasks.make.results.object[*])', { key: 'K' }],
  ])('params, whole: %s', async (value, expected) => {
    const taskRun = await runAfterMake(task('params[]', { name: 'p', value }));
    expect(taskRun?.spec.params?.[0]?.value).toEqual(expected);
  });

  test.each([
    ['$(tasks.make.results.text)', ['T']],
    ['y', ['$(tasks.make.results.list[*])']],
    ['K', ['$(tasks.make.results.object.key)']],
  ])('when: %s in %s', async (input, values) => {
    expect(await runAfterMake({ ...task('when[]', { input, operator: 'in', values }) })).toBeDefined();
  });

  test('when: a value that is not there skips the task; the status has the values that were compared', async () => {
    const when = {
      input: 'U',
      operator: 'in',
      values: ['$(tasks.make.results.list[*])', '$(tasks.make.results.text)'],
    };
    expect(await runAfterMake(task('when[]', when))).toBeUndefined();
    const [skipped] = flow.run.status?.skippedTasks ?? [];
    expect(skipped).toMatchObject({ name: 'use', reason: 'When Expressions evaluated to false' });
    expect(skipped?.whenExpressions?.[0]).toMatchObject({ input: 'U', values: ['x', 'y', 'T'] });
  });

  test('the subPath of a workspace', async () => {
    flow.create({
      pipelineSpec: { tasks: [task('workspaces[]', { name: 'w', subPath: '$(tasks.make.results.text)' }), make] },
      workspaces: [{ name: 'w', emptyDir: {} }],
    });
    await flow.reconcile();
    expect(flow.taskRuns.get('flow-use')).toBeUndefined();
    endMake();
    await flow.reconcile();
    expect(flow.taskRuns.get('flow-use')?.spec.workspaces).toEqual([{ name: 'w', emptyDir: {}, subPath: 'T' }]);
  });
});

describe('is refused before anything starts, with its field', () => {
  const all = [
    ...[...PIPELINE_TASK_STRING_FIELDS, ...PIPELINE_TASK_LIST_FIELDS, ...PIPELINE_TASK_VALUE_FIELDS].map(
      (field): [string, string] => [field, ''],
    ),
    ...[...TASK_STRING_FIELDS, ...TASK_LIST_FIELDS]
      .filter((field) => !/when|stdoutConfig|stderrConfig/.test(field))
      .map((field): [string, string] => [field, 'taskSpec.']),
  ];
  test.each(all)('%s: a result that nobody has', async (field, prefix) => {
    const text = '$(tasks.make.results.nothing)';
    const list = [...TASK_LIST_FIELDS, ...PIPELINE_TASK_LIST_FIELDS].includes(field);
    const held = list ? [text] : text;
    const part = objectWith(field, held);
    const when = part['when']
      ? { when: [{ input: 'a', operator: 'in', values: ['a'], ...(part['when'] as object[])[0] }] }
      : {};
    const params = part['params'] ? { params: [{ name: 'p', value: text }] } : {};
    const use = prefix
      ? { name: 'use', taskSpec: embedded(field, held) }
      : { name: 'use', ...(part['taskRef'] ? {} : { taskSpec: { steps } }), ...part, ...when, ...params };
    const message = await failureOf({ pipelineSpec: { tasks: [make, use] } });
    expect(message).toContain('"nothing" is not a named result returned by pipeline task "make"');
    expect(message).toContain(`spec.pipelineSpec.tasks[1].${prefix}${field.replaceAll('[]', '[0]')}`);
  });

  const inScript = (script: string): PipelineTask => ({ name: 'use', taskSpec: { steps: [{ ...steps[0], script }] } });
  test.each<[string, PipelineSpec, string]>([
    [
      'a whole array in a script',
      { tasks: [make, inScript('echo $(tasks.make.results.list[*])')] },
      "False PipelineValidationFailed: Pipeline ci/flow can't be Run; it has an invalid spec: spec.pipelineSpec.tasks[1].taskSpec.steps[0].script: variable type invalid",
    ],
    [
      'a key that the object does not have',
      { tasks: [make, inScript('echo $(tasks.make.results.object.other)')] },
      'False InvalidTaskResultReference',
    ],
    [
      'a result of no task',
      { tasks: [inScript('echo $(tasks.gone.results.r)')] },
      "False PipelineInvalidGraph: PipelineRun ci/flow's Pipeline DAG is invalid: spec.pipelineSpec.tasks[0].taskSpec.steps[0].script: task use depends on gone",
    ],
    ['its own result', { tasks: [inScript('echo $(tasks.use.results.r)')] }, 'False PipelineInvalidGraph'],
    [
      'the status of another task, outside finally',
      { tasks: [make, inScript('echo $(tasks.make.status)')] },
      'pipeline tasks can not refer to execution status of any other pipeline task',
    ],
    [
      'in finally the status of no task',
      { tasks: [make], finally: [inScript('echo $(tasks.gone.status)')] },
      'pipeline task gone is not defined in the pipeline',
    ],
    [
      'in finally a result of another final task',
      { tasks: [make], finally: [{ ...make, name: 'last' }, inScript('echo $(tasks.last.results.text)')] },
      'final task has task result reference from a final task last',
    ],
    [
      'an element beyond an array',
      { params: [{ name: 'list', default: ['x'] }], tasks: [inScript('echo $(params.list[1])')] },
      'False ParamArrayIndexingInvalid',
    ],
    [
      'a Task named by a result',
      { tasks: [make, { name: 'use', taskRef: { name: 't-$(tasks.make.results.text)' } }] },
      "spec.pipelineSpec.tasks[1].taskRef.name: a Task can't be named by a result",
    ],
    [
      'an onError that a param does not make one',
      {
        params: [{ name: 'p', default: 'ignore' }],
        tasks: [{ ...inScript('true'), onError: '$(params.p)' as 'continue' }],
      },
      'onError: "ignore" is not continue or stopAndFail',
    ],
    [
      'a whole array of a param without [*] in a param',
      {
        params: [{ name: 'list', default: ['x'] }],
        tasks: [{ ...inScript('true'), params: [{ name: 'p', value: '$(params.list)' }] }],
      },
      'variable type invalid in "$(params.list)": a whole array is written $(params.list[*])',
    ],
    [
      'a shell variable in a param',
      { tasks: [{ ...inScript('true'), params: [{ name: 'p', value: '$(HOME)' }] }] },
      'invalid variable reference "$(HOME)", must start with a valid prefix',
    ],
    [
      'a reference with a typo in a param',
      { tasks: [make, { ...inScript('true'), params: [{ name: 'p', value: '$(tasks.make.result.text)' }] }] },
      'spec.pipelineSpec.tasks[1].params[0].value: non-existent variable in "$(tasks.make.result.text)"',
    ],
    [
      'a circle of defaults',
      {
        params: [
          { name: 'a', default: '$(params.b)' },
          { name: 'b', default: '$(params.a)' },
        ],
        tasks: [inScript('true')],
      },
      'spec.pipelineSpec.params[0].default: circular dependency detected in param "a": a → b → a',
    ],
    [
      'a pipeline result that is none',
      { tasks: [make], results: [{ name: 'r', value: 'constant' }] },
      'spec.pipelineSpec.results[0].value: expected pipeline result r to be made of results of tasks',
    ],
    [
      'a pipeline result of what the task does not have',
      { tasks: [make], results: [{ name: 'r', value: '$(tasks.make.results.nothing)' }] },
      'False InvalidPipelineResultReference',
    ],
  ])('%s', async (_what, pipelineSpec, expected) => {
    expect(await failureOf({ pipelineSpec })).toContain(expected);
  });
});

describe('params, names and workspaces of the run in an embedded spec', () => {
  const script = async (text: string, spec: Partial<PipelineRunSpec>, use: Partial<PipelineTask> = {}) => {
    const taskSpec: TaskSpec = { ...use.taskSpec, steps: [{ name: 's', image: 'x', script: text }] };
    flow.create({ ...spec, pipelineSpec: { ...spec.pipelineSpec, tasks: [{ name: 'use', ...use, taskSpec }] } });
    await flow.reconcile();
    return flow.taskRuns.get('flow-use')?.spec.taskSpec?.steps?.[0]?.script ?? flow.condition?.message;
  };

  test('are passed on, also what the values refer to', async () => {
    const params = [
      { name: 'run', value: 'of $(context.pipelineRun.name)' },
      { name: 'list', value: ['x', '$(context.pipelineRun.uid)'] },
      { name: 'object', value: { key: 'K' } },
    ];
    const pipelineSpec = { params: [{ name: 'd', default: '$(params.run)/$(context.pipeline.name)' }] };
    const text = '$(params.run) $(params.list[1]) $(params.object.key) $(params["d"]) $(workspaces.w.bound)';
    const spec = { params, pipelineSpec, workspaces: [{ name: 'w', emptyDir: {} }] };
    expect(await script(text, spec)).toBe('of flow uid K of flow/flow true');
  });

  test('a param of the pipeline task with the same name wins', async () => {
    const params = [{ name: 'p', value: 'outer' }];
    const use = { params: [{ name: 'p', value: 'inner $(params.p)' }] };
    expect(await script('$(params.p)', { params }, use)).toBe('$(params.p)');
    expect(flow.taskRuns.get('flow-use')?.spec.params).toEqual([{ name: 'p', value: 'inner outer' }]);
  });

  test('an object that the pipeline task gives by the same name has the keys of both, its own first', async () => {
    const params = [{ name: 'git', value: { url: 'outer', commit: 'c' } }];
    const use = { params: [{ name: 'git', value: { url: 'inner', branch: 'b' } }] };
    const text = '$(params.git.url) $(params.git.commit) $(params.git.branch)';
    expect(await script(text, { params }, use)).toBe('$(params.git.url) c $(params.git.branch)');
  });

  test('numbers and booleans of the YAML are text, everywhere', async () => {
    const numbers = (value: unknown): never => value as never;
    const params = [
      { name: 'port', value: numbers(80) },
      { name: 'list', value: numbers([1, true]) },
      { name: 'nothing', value: numbers(null) },
    ];
    const pipelineSpec = {
      params: [
        { name: 'd', default: numbers(8) },
        { name: 'none', default: numbers(null) },
      ],
    };
    const use = { params: [{ name: 'own', value: numbers(7) }] };
    const given = [...params, { name: 'none', value: 'x' }];
    expect(await script('$(params.port) $(params.list[1]) $(params.d)', { params: given, pipelineSpec }, use)).toBe(
      '80 true 8',
    );
    expect(flow.taskRuns.get('flow-use')?.spec.params).toEqual([{ name: 'own', value: '7' }]);
  });

  test('retries', async () => {
    expect(await script('$(context.pipelineTask.retries)', {}, { retries: 2 })).toBe('2');
  });

  test('a workspace that the run binds and the Pipeline does not declare is passed on too', async () => {
    const spec = { workspaces: [{ name: 'shared', emptyDir: {} }] };
    const use = { workspaces: [{ name: 'w', workspace: 'shared' }], taskSpec: { workspaces: [{ name: 'w' }] } };
    expect(await script('ls $(workspaces.w.path)', spec, use)).toBe('ls $(workspaces.w.path)');
    expect(flow.taskRuns.get('flow-use')?.spec.workspaces).toEqual([{ name: 'w', emptyDir: {} }]);
  });
});

test('results in workspace bindings are replaced when they exist, and required otherwise', async () => {
  const workspaces = [{ name: 'w', persistentVolumeClaim: { claimName: 'c' }, subPath: '$(tasks.make.results.text)' }];
  const use = { name: 'use', taskSpec: { steps, workspaces: [{ name: 'w' }] }, runAfter: ['make'] };
  flow.create({ pipelineSpec: { tasks: [make, use] }, workspaces });
  await flow.reconcile();
  endMake();
  await flow.reconcile();
  expect(flow.taskRuns.get('flow-use')?.spec.workspaces?.[0]?.subPath).toBe('T');

  flow = new FakeRun();
  flow.create({ pipelineSpec: { tasks: [make, { ...use, runAfter: [] }] }, workspaces });
  await flow.reconcile();
  expect(flow.condition?.message).toContain('let it run after "make"');
});

test('a missing element or key of a result does not reach a shell', async () => {
  const use = { name: 'use', taskSpec: { steps: [{ ...steps[0], script: 'echo $(tasks.make.results.list[7])' }] } };
  expect(await runAfterMake(use)).toBeUndefined();
  expect(flow.condition).toMatchObject({ status: 'False' });
  expect(flow.condition?.message).toContain('array Result Index 7 for Task make Result list is out of bound of size 2');
});

test("what upstream's defaulting adds to an embedded task stays behind, its metadata goes to the TaskRun", async () => {
  const taskSpec = {
    ...{ metadata: { labels: { team: 'a' }, annotations: { note: 'b' } }, spec: null },
    ...{ apiVersion: '', kind: '' },
    steps: [{ ...steps[0], computeResources: {} }],
    params: [{ name: 'p', type: 'string' as const, default: 'x' }],
  };
  const pipelineSpec = {
    tasks: [
      { name: 'a', taskSpec },
      { name: 'b', taskSpec: { ...taskSpec, metadata: {} } },
    ],
  };
  const timeouts = { pipeline: '1h0m0s' };
  flow.create({ pipelineSpec, timeouts, taskRunTemplate: { serviceAccountName: 'default' } });
  await flow.reconcile();
  expect(flow.taskRuns.get('flow-a')).toMatchObject({
    metadata: { labels: { team: 'a' }, annotations: { note: 'b' } },
    spec: { serviceAccountName: 'default' },
  });
  for (const name of ['flow-a', 'flow-b']) {
    expect(Object.keys(flow.taskRuns.get(name)?.spec.taskSpec ?? {}).sort()).toEqual(['params', 'steps']);
  }
});
