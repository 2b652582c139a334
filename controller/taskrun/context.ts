import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { EventRecorder } from '../../shared/kubernetes/events.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import type { Store } from '../../shared/kubernetes/store.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { Policy } from '../policy.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import type { RunTracing } from '../../shared/tracing/run-tracing.ts';
import type { CreatedNames } from '../watch/created-names.ts';
import type { WrittenVersions } from '../watch/written-versions.ts';
import type { Images } from './pod/images.ts';

/** Dependencies of a TaskRun's reconcile. */
export interface ReconcileContext {
  client: KubeClient;
  taskRuns: Store<TaskRun>;
  /** Indexed by `taskRunUID`: the uid of the Pod's TaskRun. */
  pods: Store<Pod>;
  written: WrittenVersions;
  /** Pods that the cache may not have yet, by the TaskRun's uid. */
  created: CreatedNames;
  tracing: RunTracing;
  policy: Pick<Policy, 'isExecuted'>;
  images: Images;
  events: EventRecorder;
  clock: () => Date;
  log: Logger;
}
