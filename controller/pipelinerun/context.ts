import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { EventRecorder } from '../../shared/kubernetes/events.ts';
import type { Store } from '../../shared/kubernetes/store.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { PipelineRun, TaskRun, TaskSpec } from '../../shared/tekton/types.ts';
import type { RunTracing } from '../../shared/tracing/run-tracing.ts';
import type { Policy } from '../policy.ts';
import type { CreatedNames } from '../watch/created-names.ts';
import type { WrittenVersions } from '../watch/written-versions.ts';

/** Dependencies of this controller's functions; shared by all reconciles. */
export interface PipelineRunContext {
  client: KubeClient;
  pipelineRuns: Store<PipelineRun>;
  /** Indexed by `owner`: the uid of the PipelineRun that owns the TaskRun. */
  taskRuns: Store<TaskRun>;
  tracing: RunTracing;
  policy: Pick<Policy, 'isExecuted'>;
  events: EventRecorder;
  written: WrittenVersions;
  /** TaskRuns that the cache may not have yet, by the run's uid. */
  created: CreatedNames;
  /** Specs of Tasks that running runs refer to, by run uid and Task name: a run uses each Task as it was in its first reconcile. */
  taskSpecs: Map<string, Map<string, TaskSpec>>;
  clock: () => Date;
  log: Logger;
}
