import { createPolicy } from '../../../../../controller/policy.ts';
import type { PipelineRunContext } from '../../../../../controller/pipelinerun/context.ts';
import { reconcilePipelineRun } from '../../../../../controller/pipelinerun/reconcile-pipeline-run.ts';
import { CreatedNames } from '../../../../../controller/watch/created-names.ts';
import { WrittenVersions } from '../../../../../controller/watch/written-versions.ts';
import type { KubeClient, KubeRequest } from '../../../../../shared/kubernetes/client.ts';
import type { ReconcileResult } from '../../../../../shared/kubernetes/controller.ts';
import { ApiError, ConnectionError } from '../../../../../shared/kubernetes/errors.ts';
import { Store } from '../../../../../shared/kubernetes/store.ts';
import { silentLogger } from '../../../../../shared/runtime/log.ts';
import { succeededCondition } from '../../../../../shared/tekton/conditions.ts';
import type { Condition, PipelineRun, PipelineRunSpec, TaskRun } from '../../../../../shared/tekton/types.ts';
import { noRunTracing } from '../../../../../shared/tracing/run-tracing.ts';

export const KEY = 'ci/flow';
const PREFIX = 'flow-';

/** A PipelineRun `ci/flow`, its API server, and what the controller knows of both. */
export class FakeRun {
  /** By request: `POST taskruns`, `PATCH pipelineruns/flow`. */
  readonly failures = new Map<string, Error>();
  /** Requests that are done, but whose answers don't come back. */
  readonly lostAnswers = new Set<string>();
  readonly requests: string[] = [];
  readonly bodies = new Map<string, unknown>();
  /** Further answers, by request. */
  readonly answers = new Map<string, object>();
  /** The API server's TaskRuns, by name. */
  readonly taskRuns = new Map<string, TaskRun>();
  /** While it is, the controller's watch brings nothing of them. */
  watchIsCut = false;
  now = Date.parse('2026-05-01T10:00:00Z');
  readonly context: PipelineRunContext;

  constructor() {
    const client: KubeClient = {
      server: 'https://fake',
      close: () => undefined,
      stream: () => Promise.reject(new Error('nothing is streamed here')),
      request: async <T>(method: string, path: string, options?: KubeRequest) =>
        this.#send(method, path, options?.body ?? {}) as T,
    };
    this.context = {
      client,
      pipelineRuns: new Store<PipelineRun>(),
      taskRuns: new Store<TaskRun>({
        owner: ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid),
      }),
      ...{
        tracing: noRunTracing,
        policy: createPolicy({ manage: 'all', sampling: { ratio: 1 }, keepFailures: true }),
        taskSpecs: new Map(),
      },
      written: new WrittenVersions(),
      created: new CreatedNames(),
      events: { record: () => undefined, flush: async () => undefined },
      clock: () => new Date(this.now),
      log: silentLogger,
    };
  }

  get run(): PipelineRun {
    return this.context.pipelineRuns.get(KEY)!;
  }

  get condition(): Condition | undefined {
    return succeededCondition(this.run);
  }

  create(spec: PipelineRunSpec): void {
    this.context.pipelineRuns.set({
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      metadata: {
        name: 'flow',
        namespace: 'ci',
        uid: 'uid',
        resourceVersion: '1',
        creationTimestamp: '2026-05-01T10:00:00Z',
      },
      spec,
    });
  }

  cancel(): void {
    this.context.pipelineRuns.set({ ...this.run, spec: { ...this.run.spec, status: 'Cancelled' } });
  }

  /** The task's TaskRun ends; the watch brings it, if it is not cut. */
  end(task: string, status: Condition['status']): void {
    const taskRun = this.taskRuns.get(`${PREFIX}${task}`)!;
    this.putTaskRun({ ...taskRun, status: { conditions: [{ type: 'Succeeded', status, reason: 'Ended' }] } });
  }

  putTaskRun(taskRun: TaskRun): void {
    this.taskRuns.set(taskRun.metadata.name ?? '', taskRun);
    if (!this.watchIsCut) this.context.taskRuns.set(taskRun);
  }

  reconcile(): Promise<ReconcileResult> {
    return reconcilePipelineRun(this.context, KEY);
  }

  #send(method: string, path: string, body: object): object {
    const request = `${method} ${/namespaces\/[^/]+\/(.*)/.exec(path)?.[1] ?? path}`;
    this.requests.push(request);
    this.bodies.set(request, body);
    const failure = this.failures.get(request);
    if (failure) throw failure;
    const answer = this.#answer(request, body);
    if (this.lostAnswers.has(request)) throw new ConnectionError(request, new Error('cut'));
    return answer;
  }

  #answer(request: string, body: object): object {
    if (request === 'PATCH pipelineruns/flow')
      return { ...this.run, metadata: { ...this.run.metadata, ...(body as PipelineRun).metadata } };
    if (request === 'PUT pipelineruns/flow/status') {
      if (!this.run) throw new ApiError(request, 404, { reason: 'NotFound' });
      this.context.pipelineRuns.set(body as PipelineRun);
    }
    if (request === 'POST taskruns') this.putTaskRun(body as TaskRun);
    const read = /^GET taskruns\/(.*)/.exec(request)?.[1];
    if (read === undefined) return this.answers.get(request) ?? body;
    const taskRun = this.taskRuns.get(read);
    if (!taskRun) throw new ApiError(request, 404, { reason: 'NotFound' });
    return taskRun;
  }
}
