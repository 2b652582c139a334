import type { Pod } from '../../../shared/kubernetes/pod.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import type { CustomRun, PipelineRun, ResolutionRequest, TaskRun } from '../../../shared/tekton/types.ts';
import type { CoreEvent, Recorder } from './recorder.ts';

/** A run with all that came of it, as kubectl shows it. */
export interface Family {
  pipelineRuns: PipelineRun[];
  taskRuns: TaskRun[];
  pods: Pod[];
  customRuns: CustomRun[];
  requests: ResolutionRequest[];
  events: CoreEvent[];
  goneMs: (object: KubeObject) => number | undefined;
}

/** All that the run's uid owns, in whatever number of steps. */
export function familyOf(recorder: Recorder, uid: string): Family {
  const uids = new Set([uid]);
  const belongs = ({ metadata }: KubeObject): boolean =>
    uids.has(metadata.uid ?? '') || (metadata.ownerReferences ?? []).some((owner) => uids.has(owner.uid));
  const owned = (): KubeObject[] =>
    (['PipelineRun', 'TaskRun', 'CustomRun', 'Pod'] as const).flatMap((kind) =>
      recorder.all<'Pod'>(kind as 'Pod', belongs),
    );
  for (let before = 0; before < uids.size;) {
    before = uids.size;
    for (const { metadata } of owned()) uids.add(metadata.uid ?? '');
  }
  return {
    pipelineRuns: recorder.all('PipelineRun', belongs),
    taskRuns: recorder.all('TaskRun', belongs),
    pods: recorder.all('Pod', belongs),
    customRuns: recorder.all('CustomRun', belongs),
    requests: recorder.all('ResolutionRequest', belongs),
    events: recorder.all('Event', ({ involvedObject }) => uids.has(involvedObject.uid ?? '')),
    goneMs: (object) => recorder.goneMs(object),
  };
}
