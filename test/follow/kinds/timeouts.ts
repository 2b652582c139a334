import { begun, endless, pipelineRun, pod, ran, skipped, step, task, taskRun } from './kind.ts';
import type { Kind } from './kind.ts';

/** Long enough that a Pod's step runs on a busy machine. */
const limit = '45s';
const tooLong = new RegExp(`failed to finish within "${limit}"`);
const cut = (name: string): string => `step ${name} = cancellation (TaskRunCancelled)`;

/** Each of the limits that Tekton has. */
export const timeouts: Kind[] = [
  {
    title: 'a PipelineRun that exceeds its own timeout',
    run: pipelineRun(
      'pipeline-timeout',
      [task('long', [endless('wait')]), task('next', [step('only')], { runAfter: ['long'] })],
      {
        timeouts: { pipeline: limit },
      },
    ),
    tree: {
      'RUN pipeline-timeout = timeout (PipelineRunTimeout)!': [
        ...begun,
        { 'task long = cancellation (TaskRunCancelled)': [...pod, cut('wait')] },
      ],
    },
    messages: { 'RUN pipeline-timeout': tooLong },
  },
  {
    title: 'tasks that exceed the timeout of tasks; what is in finally still runs',
    run: pipelineRun(
      'tasks-timeout',
      [task('long', [endless('wait')]), task('next', [step('only')], { runAfter: ['long'] })],
      { timeouts: { pipeline: '5m', tasks: limit } },
      [task('last', [step('only')])],
    ),
    tree: {
      'RUN tasks-timeout = timeout (PipelineRunTimeout)!': [
        ...begun,
        { 'task long = cancellation (TaskRunCancelled)': [...pod, cut('wait')] },
        skipped('next'),
        ran('last', 'only'),
      ],
    },
    steps: 1,
  },
  {
    title: 'what is in finally exceeds the timeout of finally',
    run: pipelineRun(
      'finally-timeout',
      [task('first', [step('only')])],
      { timeouts: { pipeline: '5m', finally: limit } },
      [task('last', [endless('wait')])],
    ),
    tree: {
      'RUN finally-timeout = failure (Failed)!': [
        ...begun,
        ran('first', 'only'),
        { 'task last = cancellation (TaskRunCancelled)': [...pod, cut('wait')] },
      ],
    },
    steps: 1,
  },
  {
    title: 'a task of a Pipeline exceeds its timeout',
    run: pipelineRun('task-timeout', [
      task('long', [step('ready'), endless('wait'), step('never')], { timeout: limit }),
    ]),
    tree: {
      'RUN task-timeout = failure (TaskRunTimeout)!': [
        ...begun,
        {
          'task long = timeout (TaskRunTimeout)!': [
            ...pod,
            'step ready = success',
            'step wait = timeout (TaskRunTimeout)!',
            'step never = skip',
          ],
        },
      ],
    },
    messages: { 'task long': tooLong },
  },
  {
    title: 'a TaskRun of its own exceeds its timeout',
    run: taskRun('taskrun-timeout', [endless('wait')], { timeout: limit }),
    tree: {
      'RUN taskrun-timeout = timeout (TaskRunTimeout)!': [...begun, ...pod, 'step wait = timeout (TaskRunTimeout)!'],
    },
  },
  {
    title: 'a step exceeds its timeout',
    run: taskRun(
      'step-timeout',
      [step('ready'), endless('wait'), step('never')].map((one, index) =>
        index === 1 ? { ...one, timeout: '5s' } : one,
      ),
    ),
    tree: {
      'RUN step-timeout = failure (StepFailed)!': [
        ...begun,
        ...pod,
        'step ready = success',
        'step wait = timeout (TimeoutExceeded)!',
        'step never = skip',
      ],
    },
    messages: { 'RUN step-timeout': /exceeded the specified timeout limit/ },
    steps: 2,
  },
];
