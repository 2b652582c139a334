import type { LiveRun, LiveSource } from '../../local/viewer/live/live-run.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { Reflector } from '../../shared/kubernetes/reflector.ts';
import { PIPELINE_RUNS, PODS, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { Resource } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { LruMap } from '../../shared/runtime/lru.ts';
import type { PipelineRun, PipelineTask, TaskRun } from '../../shared/tekton/types.ts';
import { keepProvenance } from '../../shared/tracing/provenance.ts';
import { podTaskSpan, runSpan } from '../../shared/tracing/run-context.ts';

/** Objects of each kind that are kept: those that changed last. */
const MAX_OBJECTS = 1000;

const BY_TRACE = 'trace';

const onlyNames = (tasks: PipelineTask[] = []): PipelineTask[] => tasks.map(({ name }) => ({ name }));

/** A PipelineRun with only the names of its tasks: they say which are still to come. */
export function slimPipelineRun(run: PipelineRun): PipelineRun {
  const { pipelineSpec, ...status } = run.status ?? {};
  const names = pipelineSpec && { tasks: onlyNames(pipelineSpec.tasks), finally: onlyNames(pipelineSpec.finally) };
  const { pipelineRef } = run.spec;
  return {
    ...{ ...keepProvenance(run), kind: 'PipelineRun', spec: { ...(pipelineRef && { pipelineRef }) } },
    status: { ...status, ...(names && { pipelineSpec: names }) },
  };
}

/** A TaskRun without what a page does not draw. */
function slimTaskRun(run: TaskRun): TaskRun {
  const { taskSpec: _, ...status } = run.status ?? {};
  const { taskRef } = run.spec;
  return { ...keepProvenance(run), kind: 'TaskRun', spec: { ...(taskRef && { taskRef }) }, status };
}

/** Pods say how long a task waits: their conditions do, not their containers. */
function slimPod({ metadata: { managedFields: _, ...metadata }, status = {} }: Pod): Pod {
  const { phase, startTime, conditions } = status;
  return {
    metadata,
    status: { ...(phase && { phase }), ...(startTime && { startTime }), ...(conditions && { conditions }) },
  };
}

interface Watched {
  pipelineRuns: Reflector<PipelineRun>;
  taskRuns: Reflector<TaskRun>;
  pods: Reflector<Pod>;
}

export interface LiveRuns extends LiveSource {
  /** Watches the cluster until `signal` aborts. Before, no run is known. */
  watch(client: KubeClient, signal: AbortSignal): Promise<void>;
}

/** Counts the changes of each trace's objects, and reports them. */
class Changes {
  readonly #listeners = new Set<(traceId: string) => void>();
  readonly #revisions = new LruMap<string, number>(MAX_OBJECTS);
  #last = 0;

  revision(traceId: string): number {
    return this.#revisions.get(traceId) ?? 0;
  }

  add(traceId: string): void {
    this.#revisions.set(traceId, (this.#last += 1));
    for (const listener of [...this.#listeners]) listener(traceId);
  }

  onChange(listener: (traceId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

const traceOfRun = (run: KubeObject): string | undefined => runSpan(run)?.traceId;
const traceOfPod = (pod: KubeObject): string | undefined => podTaskSpan(pod, '')?.traceId;

/** The API objects of runs, for the page. */
export function createLiveRuns(log: Logger): LiveRuns {
  const changes = new Changes();
  let watched: Watched | undefined;

  function reflector<T extends KubeObject>(
    client: KubeClient,
    resource: Resource,
    transform: (object: T) => T,
    traceOf: (object: KubeObject) => string | undefined,
  ): Reflector<T> {
    const made = new Reflector<T>({
      ...{ client, resource, transform, log, maxObjects: MAX_OBJECTS },
      indexers: { [BY_TRACE]: (object) => [traceOf(object) ?? ''] },
    });
    const changed = (object: T): void => {
      const traceId = traceOf(object);
      if (traceId !== undefined) changes.add(traceId);
    };
    made.addHandler({ added: changed, updated: changed, deleted: changed });
    return made;
  }

  return {
    find: (traceId) => {
      if (!watched) return undefined;
      const live: LiveRun = {
        pipelineRuns: watched.pipelineRuns.store.byIndex(BY_TRACE, traceId),
        taskRuns: watched.taskRuns.store.byIndex(BY_TRACE, traceId),
        pods: watched.pods.store.byIndex(BY_TRACE, traceId),
      };
      return live.pipelineRuns.length + live.taskRuns.length > 0 ? live : undefined;
    },
    revision: (traceId) => changes.revision(traceId),
    onChange: (listener) => changes.onChange(listener),
    watch: async (client, signal) => {
      const { pipelineRuns, taskRuns, pods } = (watched = {
        pipelineRuns: reflector(client, PIPELINE_RUNS, slimPipelineRun, traceOfRun),
        taskRuns: reflector(client, TASK_RUNS, slimTaskRun, traceOfRun),
        pods: reflector(client, PODS, slimPod, traceOfPod),
      });
      await Promise.all([pipelineRuns.run(signal), taskRuns.run(signal), pods.run(signal)]);
    },
  };
}
