import { begun, pipelineRun, ran, step, task } from './kind.ts';
import type { Kind } from './kind.ts';

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
    title: 'a run that is pending at first',
    run: pipelineRun('pending', [task('only', [step('only')])], { status: 'PipelineRunPending' }),
    act: async (live) => {
      const { created } = live;
      await live.until('the run to be pending', () => live.now().status?.conditions?.[0]);
      const isOld = (): true | undefined =>
        Date.now() - Date.parse(created.metadata.creationTimestamp ?? '') > 3000 || undefined;
      await live.until('three seconds', isOld);
      await live.patch({ spec: { status: null } });
    },
    tree: { 'RUN pending = success': [...begun, ran('only', 'only')] },
    steps: 1,
  },
];
