import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { CUSTOM_RUNS, MERGE_PATCH, resourcePath } from '../../../shared/kubernetes/resources.ts';
import { until } from '../../peers/support/until.ts';
import type { LiveRun } from '../support/live-run.ts';
import { begun, pipelineRun, pod, ran, step, task } from './kind.ts';
import type { Kind } from './kind.ts';

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

/** Does what the controller of a custom task does: it starts the CustomRun, and ends it when the task beside it has ended. */
async function carryOut(live: LiveRun): Promise<void> {
  const custom = await live.until('the CustomRun', () => live.family().customRuns[0]);
  const { namespace = '', name = '' } = custom.metadata;
  const path = resourcePath(CUSTOM_RUNS, { namespace, name, subresource: 'status' });
  const report = (status: string, more: object): Promise<unknown> =>
    live.cluster.client.request('PATCH', path, {
      body: {
        status: { conditions: [{ type: 'Succeeded', status, reason: 'Custom', lastTransitionTime: now() }], ...more },
      },
      contentType: MERGE_PATCH,
    });
  await report('Unknown', { startTime: now() });
  await live.until('the task beside it', () => live.family().taskRuns.find(({ status }) => status?.completionTime));
  await report('True', { completionTime: now() });
}

const remote = (kind: string, name: string): object => ({
  resolver: 'cluster',
  params: [
    { name: 'kind', value: kind },
    { name: 'name', value: name },
    { name: 'namespace', value: '$(context.pipelineRun.namespace)' },
  ],
});

const definition = (kind: string, name: string, spec: object): KubeObject =>
  ({ apiVersion: 'tekton.dev/v1', kind, metadata: { name }, spec }) as KubeObject;

/** What a Pipeline may be made of beside Tasks. */
export const shapes: Kind[] = [
  {
    title: 'a Pipeline in a Pipeline',
    run: pipelineRun('parent', [
      { name: 'child', pipelineSpec: { tasks: [task('inner', [step('only')])] } },
      task('after', [step('only')], { runAfter: ['child'] }),
    ]),
    tree: {
      'RUN parent = success': [
        ...begun,
        { 'RUN child = success': [...begun, ran('inner', 'only')] },
        ran('after', 'only'),
      ],
    },
    steps: 2,
  },
  {
    title: 'a custom task',
    run: pipelineRun('custom', [
      task('beside', [step('only', 'sleep 2')]),
      { name: 'approve', taskRef: { apiVersion: 'example.dev/v1', kind: 'Approval' } },
    ]),
    act: carryOut,
    tree: { 'RUN custom = success': [...begun, ran('beside', 'only'), 'custom approve = success'] },
    steps: 1,
  },
  {
    title: 'a task by the cluster resolver',
    beside: [definition('Task', 'remote-task', { steps: [step('only')] })],
    run: pipelineRun('remote', [{ name: 'fetched', taskRef: remote('task', 'remote-task') }]),
    tree: {
      'RUN remote = success': [
        ...begun,
        { 'task fetched = success': [...pod, 'step only = success'] },
        'resolve remote-task',
      ],
    },
    steps: 1,
  },
  {
    title: 'a Pipeline by the cluster resolver',
    beside: [definition('Pipeline', 'remote-pipeline', { tasks: [task('inner', [step('only')])] })],
    run: {
      kind: 'PipelineRun',
      metadata: { name: 'remote-whole' },
      spec: { pipelineRef: remote('pipeline', 'remote-pipeline') },
    },
    tree: {
      'RUN remote-pipeline = success': [...begun, 'resolve remote-pipeline', ran('inner', 'only')],
    },
    steps: 1,
  },
  {
    title: 'a run that is pending at first',
    run: pipelineRun('pending', [task('only', [step('only')])], { status: 'PipelineRunPending' }),
    act: async (live) => {
      const { created } = live;
      await live.until('the run to be pending', () => live.now().status?.conditions?.[0]);
      const createdMs = Date.parse(created.metadata.creationTimestamp ?? '');
      await until('three seconds to pass', async () => Date.now() - createdMs > 3000 || undefined);
      await live.patch({ spec: { status: null } });
    },
    tree: { 'RUN pending = success': ['admission', { queued: ['pending'] }, ran('only', 'only')] },
    steps: 1,
  },
];
