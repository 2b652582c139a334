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
  /** Of an object that is gone, between which times that was (epoch milliseconds): after it was asked to go, and before now. */
  gone: (object: KubeObject) => Gone | undefined;
}

export interface Gone {
  fromMs: number;
  toMs: number;
}

/** All that the run's uid owns, in whatever number of steps. `deletedMs`: when the run was asked to go. */
export function familyOf(recorder: Recorder, uid: string, deletedMs?: number): Family {
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
    gone: (object) =>
      recorder.goneMs(object) === undefined || deletedMs === undefined
        ? undefined
        : { fromMs: deletedMs, toMs: Date.now() },
  };
}
