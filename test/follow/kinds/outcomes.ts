import { begun, pipelineRun, pod, ran, skipped, step, task, taskRun } from './kind.ts';
import type { Kind } from './kind.ts';

/** How runs end by themselves. */
export const outcomes: Kind[] = [
  {
    title: 'two tasks, one after the other, with a script and a result',
    run: {
      kind: 'PipelineRun',
      metadata: { generateName: 'success-' },
      spec: {
        pipelineSpec: {
          tasks: [
            {
              name: 'make',
              taskSpec: {
                results: [{ name: 'id' }],
                steps: [
                  step('write', 'echo -n 7 >$(results.id.path)'),
                  { name: 'check', image: 'busybox:1.37', script: 'echo traceparent=$TRACEPARENT' },
                ],
              },
            },
            {
              name: 'use',
              params: [{ name: 'id', value: '$(tasks.make.results.id)' }],
              taskSpec: { params: [{ name: 'id' }], steps: [step('read', 'test $(params.id) = 7; sleep 2')] },
            },
          ],
        },
      },
    },
    tree: {
      'RUN success = success': [
        ...begun,
        { 'task make = success': [...pod, 'init place-scripts', 'step write = success', 'step check = success'] },
        ran('use', 'read'),
      ],
    },
    steps: 3,
  },
  {
    title: 'a step fails: later steps and tasks are skipped, what is in finally runs',
    run: pipelineRun(
      'failing',
      [
        task('test', [step('ready', 'sleep 1'), step('fail', 'exit 3'), step('never')]),
        task('deploy', [step('only')], { runAfter: ['test'] }),
      ],
      {},
      [task('report', [step('print')])],
    ),
    tree: {
      'RUN failing = failure (StepFailed)!': [
        ...begun,
        {
          'task test = failure (StepFailed)!': [
            ...pod,
            'step ready = success',
            'step fail = failure (Error)!',
            'step never = skip',
          ],
        },
        skipped('deploy'),
        ran('report', 'print'),
      ],
    },
    messages: {
      'RUN failing': /Tasks Completed: 2 \(Failed: 1, Cancelled 0\), Skipped: 1/,
      'task test': /"?step-fail"? exited with code 3/,
    },
    tags: { 'step fail': { 'process.exit.code': 3 } },
    steps: 3,
  },
  {
    title: 'a failing step whose onError is continue',
    run: taskRun('step-continues', [step('lint', 'exit 2', { onError: 'continue' }), step('build')]),
    tree: {
      'RUN step-continues = success': [...begun, ...pod, 'step lint = failure (Error)!', 'step build = success'],
    },
    tags: { 'step lint': { 'process.exit.code': 2 } },
    steps: 2,
  },
  {
    title: 'a failing task whose onError is continue',
    run: pipelineRun('task-continues', [
      task('lint', [step('only', 'exit 1')], { onError: 'continue' }),
      task('build', [step('only')], { runAfter: ['lint'] }),
    ]),
    tree: {
      'RUN task-continues = success': [
        ...begun,
        { 'task lint = failure (FailureIgnored)!': [...pod, 'step only = failure (Error)!'] },
        ran('build', 'only'),
      ],
    },
    steps: 2,
  },
  {
    title: 'a task that succeeds when it is tried again',
    run: pipelineRun('retried', [
      task('flaky', [step('only', 'sleep 1; test $(context.task.retry-count) = 1')], { retries: 2 }),
    ]),
    tree: {
      'RUN retried = success': [
        ...begun,
        {
          'task flaky = success': [
            { 'attempt 1 = failure (StepFailed)!': [...pod, 'step only = failure (Error)!'] },
            { 'attempt 2 = success': [...pod, 'step only = success'] },
          ],
        },
      ],
    },
    steps: 2,
  },
  {
    title: 'a TaskRun of its own that fails each time it is tried',
    run: taskRun('retried-alone', [step('only', 'exit 4')], { retries: 1 }),
    tree: {
      'RUN retried-alone = failure (StepFailed)!': [
        ...begun,
        { 'attempt 1 = failure (StepFailed)!': [...pod, 'step only = failure (Error)!'] },
        { 'attempt 2 = failure (StepFailed)!': [...pod, 'step only = failure (Error)!'] },
      ],
    },
    steps: 2,
  },
  {
    title: 'a TaskRun of its own, of a Task, with five quick steps',
    beside: [
      {
        apiVersion: 'tekton.dev/v1',
        kind: 'Task',
        metadata: { name: 'quick' },
        ...{ spec: { steps: ['a', 'b', 'c', 'd', 'e'].map((name) => step(name)) } },
      },
    ],
    run: { kind: 'TaskRun', metadata: { generateName: 'of-a-task-' }, spec: { taskRef: { name: 'quick' } } },
    tree: {
      'RUN quick = success': [...begun, ...pod, ...['a', 'b', 'c', 'd', 'e'].map((name) => `step ${name} = success`)],
    },
    steps: 5,
  },
  {
    title:
      'tasks that are skipped: by when, because results are missing, because what they run after was skipped; and one in finally',
    run: pipelineRun(
      'skipping',
      [
        task('first', [step('only')]),
        {
          ...task('by-when', [step('only', 'echo -n 1 >$(results.r.path)')]),
          taskSpec: { results: [{ name: 'r' }], steps: [step('only')] },
          runAfter: ['first'],
          when: [{ input: 'a', operator: 'in', values: ['b'] }],
        },
        {
          ...task('no-result', [step('only')]),
          params: [{ name: 'r', value: '$(tasks.by-when.results.r)' }],
          taskSpec: { params: [{ name: 'r' }], steps: [step('only')] },
        },
        task('by-parent', [step('only')], { runAfter: ['no-result'] }),
        task('after-when', [step('only')], { runAfter: ['by-when'] }),
      ],
      {},
      [
        task('last-by-when', [step('only')], {
          when: [{ input: '$(tasks.first.status)', operator: 'in', values: ['Failed'] }],
        }),
        task('last', [step('only')]),
      ],
    ),
    tree: {
      'RUN skipping = success': [
        ...begun,
        ran('first', 'only'),
        skipped('by-when'),
        skipped('no-result'),
        skipped('by-parent'),
        ran('after-when', 'only'),
        skipped('last-by-when'),
        ran('last', 'only'),
      ],
    },
    tags: {
      'task by-when': { 'tektrace.skip.reason': 'When Expressions evaluated to false' },
      'task no-result': { 'tektrace.skip.reason': 'Results were missing' },
      'task by-parent': { 'tektrace.skip.reason': 'Parent Tasks were skipped' },
    },
    steps: 3,
  },
  {
    title: 'a matrix, one that is empty, and one that is skipped',
    run: pipelineRun('matrix', [
      {
        ...task('m', [step('only')]),
        matrix: { params: [{ name: 'os', value: ['linux', 'mac'] }] },
        taskSpec: { params: [{ name: 'os' }], steps: [step('only', 'echo $(params.os)')] },
      },
      {
        name: 'empty',
        matrix: { params: [{ name: 'os', value: [] }] },
        taskSpec: { params: [{ name: 'os' }], steps: [step('only')] },
      },
      {
        name: 'not',
        matrix: { params: [{ name: 'os', value: ['a', 'b'] }] },
        when: [{ input: 'a', operator: 'in', values: ['b'] }],
        taskSpec: { params: [{ name: 'os' }], steps: [step('only')] },
      },
    ]),
    tree: {
      'RUN matrix = success': [
        ...begun,
        ran('m (linux)', 'only'),
        ran('m (mac)', 'only'),
        skipped('empty'),
        skipped('not (a)'),
        skipped('not (b)'),
      ],
    },
    tags: { 'task m (linux)': { 'tektrace.matrix.os': 'linux' }, 'task not (b)': { 'tektrace.matrix.os': 'b' } },
    steps: 2,
  },
  {
    title: 'a run that upstream refuses when it starts',
    run: pipelineRun('refused', [{ name: 'only', taskRef: { name: 'nowhere' } }]),
    tree: { 'RUN refused = error (CouldntGetTask)!': [...begun] },
    messages: { 'RUN refused': /nowhere/ },
    steps: 0,
  },
];
