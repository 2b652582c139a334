import type { LiveRun } from '../support/live-run.ts';
import { begun, endless, pipelineRun, pod, ran, skipped, step, task, taskRun } from './kind.ts';
import type { Kind } from './kind.ts';

const cancel =
  (status: string): ((live: LiveRun) => Promise<void>) =>
  async (live) => {
    await live.stepRuns('wait');
    await live.patch({ spec: { status } });
  };

const run = (name: string, wait: object): Kind['run'] =>
  pipelineRun(name, [task('long', [wait]), task('next', [step('only')], { runAfter: ['long'] })], {}, [
    task('last', [step('only')]),
  ]);

const cancelled = {
  'task long = cancellation (TaskRunCancelled)': [...pod, 'step wait = cancellation (TaskRunCancelled)'],
};

/** Each way to end a run before its end. */
export const cancels: Kind[] = [
  {
    title: 'a PipelineRun is cancelled',
    run: run('cancelled', endless('wait')),
    act: cancel('Cancelled'),
    tree: { 'RUN cancelled = cancellation (Cancelled)': [...begun, cancelled] },
  },
  {
    title: 'a PipelineRun is cancelled, and what is in finally runs',
    run: run('cancelled-finally', endless('wait')),
    act: cancel('CancelledRunFinally'),
    tree: {
      'RUN cancelled-finally = cancellation (Cancelled)': [...begun, cancelled, skipped('next'), ran('last', 'only')],
    },
    steps: 1,
  },
  {
    title: 'a PipelineRun is stopped: what runs goes on to its end, and what is in finally runs',
    run: run('stopped-finally', step('wait', 'sleep 30')),
    act: cancel('StoppedRunFinally'),
    tree: {
      'RUN stopped-finally = cancellation (Cancelled)': [
        ...begun,
        ran('long', 'wait'),
        skipped('next'),
        ran('last', 'only'),
      ],
    },
    steps: 2,
  },
  {
    title: 'a TaskRun of its own is cancelled',
    run: taskRun('taskrun-cancelled', [step('ready'), endless('wait'), step('never')]),
    act: async (live) => {
      // Upstream writes into steps that it does not know to have ended that they were cancelled.
      await live.until('the end of step ready', () => live.steps().find((one) => one.name === 'ready')?.terminated);
      await cancel('TaskRunCancelled')(live);
    },
    tree: {
      'RUN taskrun-cancelled = cancellation (TaskRunCancelled)': [
        ...begun,
        ...pod,
        'step ready = success',
        'step wait = cancellation (TaskRunCancelled)',
        'step never = skip',
      ],
    },
  },
  {
    title: 'a run is deleted while it runs',
    run: run('deleted-running', endless('wait')),
    act: async (live) => {
      await live.stepRuns('wait');
      await live.delete();
    },
    tree: {
      'RUN deleted-running = cancellation (deleted)': [
        ...begun,
        { 'task long = cancellation (deleted)': [...pod, 'step wait = cancellation (deleted)'] },
      ],
    },
  },
  {
    title: 'a run is deleted at once after its end',
    run: pipelineRun('deleted-done', [task('only', [step('one'), step('two')])]),
    act: async (live) => {
      await live.until('its end', () => live.now().status?.completionTime);
      await live.delete();
    },
    tree: { 'RUN deleted-done = success': [...begun, ran('only', 'one', 'two')] },
  },
  {
    title: 'a run is deleted before it starts',
    run: pipelineRun('deleted-pending', [task('only', [step('one')])], { status: 'PipelineRunPending' }),
    act: async (live) => {
      await live.until('the run to be pending', () => live.now().status?.conditions?.[0]);
      await live.delete();
    },
    tree: { 'RUN deleted-pending = cancellation (deleted)': ['admission', 'pending'] },
  },
];
