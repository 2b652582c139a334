import type { Run } from '../support/live-run.ts';
import { LiveRun } from '../support/live-run.ts';
import { begun, pipelineRun, pod, ran, step, task, taskRun } from './kind.ts';
import type { Kind } from './kind.ts';

/** What `kubectl get -o yaml | kubectl create` makes of a run, after its name was changed. */
async function copy(live: LiveRun): Promise<LiveRun> {
  const { cluster, created } = live;
  const { namespace = '', name = '' } = created.metadata;
  const { status: _status, ...read } = JSON.parse(
    await cluster.kubectl('get', `--namespace=${namespace}`, 'pipelinerun', name, '--output=json'),
  ) as Run;
  const { uid: _uid, resourceVersion: _version, ...metadata } = read.metadata;
  return LiveRun.create(cluster, namespace, { ...read, metadata: { ...metadata, name: `${name}-copy` } });
}

/** Where runs come from. */
export const origins: Kind[] = [
  {
    title: 'a run that is copied from the YAML of one that has ended',
    run: pipelineRun('original', [task('only', [step('only')])]),
    act: async (live) => {
      await live.trace();
      return copy(live);
    },
    isLinked: true,
    tree: { 'RUN original-copy = success': [...begun, ran('only', 'only')] },
    steps: 1,
  },
  {
    title: 'a PipelineRun that is created while the webhook is down',
    setting: 'no webhook',
    run: pipelineRun('unseen', [
      task('only', [step('only')]),
      { name: 'child', pipelineSpec: { tasks: [task('inner', [step('only')])] } },
    ]),
    tree: {
      'RUN unseen = success': [
        'queued',
        ran('only', 'only'),
        { 'RUN child = success': ['queued', ran('inner', 'only')] },
      ],
    },
    steps: 0,
  },
  {
    title: 'a TaskRun that is created while the webhook is down',
    setting: 'no webhook',
    run: taskRun('unseen-taskrun', [step('only')]),
    tree: { 'RUN unseen-taskrun = success': ['queued', ...pod, 'step only = success'] },
    steps: 0,
  },
];
