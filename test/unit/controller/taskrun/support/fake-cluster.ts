import { createPolicy } from '../../../../../controller/policy.ts';
import { LOCAL_IMAGES } from '../../../../../controller/taskrun/pod/images.ts';
import type { ReconcileContext } from '../../../../../controller/taskrun/context.ts';
import { CreatedNames } from '../../../../../controller/watch/created-names.ts';
import { WrittenVersions } from '../../../../../controller/watch/written-versions.ts';
import { reconcileTaskRun } from '../../../../../controller/taskrun/reconcile-task-run.ts';
import type { KubeClient, KubeRequest } from '../../../../../shared/kubernetes/client.ts';
import type { ReconcileResult } from '../../../../../shared/kubernetes/controller.ts';
import { ApiError } from '../../../../../shared/kubernetes/errors.ts';
import type { Pod, PodStatus } from '../../../../../shared/kubernetes/pod.ts';
import { Store } from '../../../../../shared/kubernetes/store.ts';
import type { KubeObject } from '../../../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../../../shared/runtime/log.ts';
import { LABEL_TASK_RUN_UID } from '../../../../../shared/tekton/annotations.ts';
import type { TaskRun, TaskRunSpec, TaskRunStatus } from '../../../../../shared/tekton/types.ts';
import { noRunTracing } from '../../../../../shared/tracing/run-tracing.ts';

export const NAMESPACE = 'ci';

/** An API server of a few maps, and one TaskRun that is reconciled by hand. */
export class FakeCluster {
  readonly taskRuns = new Store<TaskRun>();
  readonly pods = new Store<Pod>({ taskRunUID: ({ metadata }) => [metadata.labels?.[LABEL_TASK_RUN_UID] ?? ''] });
  /** Tasks and claims, by path. */
  readonly objects = new Map<string, KubeObject>();
  /** `POST pods` as it came. */
  readonly requests: string[] = [];
  readonly events: string[] = [];
  /** What the next request of that kind (`POST pods`) is answered with. */
  readonly failures = new Map<string, Error>();
  /** The watch has not brought any Pod yet. */
  cacheIsBehind = false;
  now = Date.parse('2026-05-01T10:00:00.250Z');
  readonly context: ReconcileContext;

  constructor(overrides: Partial<ReconcileContext> = {}) {
    this.context = {
      client: this.#client(),
      taskRuns: this.taskRuns,
      pods: {
        get: (key: string) => (this.cacheIsBehind ? undefined : this.pods.get(key)),
        byIndex: (name: string, value: string) => (this.cacheIsBehind ? [] : this.pods.byIndex(name, value)),
      } as Store<Pod>,
      written: new WrittenVersions(),
      created: new CreatedNames(),
      tracing: noRunTracing,
      policy: createPolicy({ manage: 'all', sampling: { ratio: 1 }, keepFailures: true }),
      images: LOCAL_IMAGES,
      events: {
        record: (_object, type, reason, message) => void this.events.push(`${type} ${reason} ${message}`.trim()),
        flush: async () => undefined,
      },
      clock: () => new Date(this.now),
      log: silentLogger,
      ...overrides,
    };
  }

  createTaskRun(spec: TaskRunSpec, name = 'build'): void {
    this.taskRuns.set({
      apiVersion: 'tekton.dev/v1',
      kind: 'TaskRun',
      metadata: {
        name,
        namespace: NAMESPACE,
        uid: `uid-of-${name}`,
        resourceVersion: '1',
        generation: 1,
        creationTimestamp: '2026-05-01T10:00:00Z',
      },
      spec,
    });
  }

  changeSpec(change: Partial<TaskRunSpec>): void {
    const taskRun = this.taskRun;
    this.taskRuns.set({ ...taskRun, spec: { ...taskRun.spec, ...change } });
  }

  reconcile(name = 'build'): Promise<ReconcileResult> {
    return reconcileTaskRun(this.context, `${NAMESPACE}/${name}`);
  }

  get taskRun(): TaskRun {
    return structuredClone(this.taskRuns.get(`${NAMESPACE}/build`)!);
  }

  get status(): TaskRunStatus {
    return this.taskRun.status ?? {};
  }

  /** `status reason: message` of the TaskRun. */
  get condition(): string {
    const { status, reason, message } = this.status.conditions?.[0] ?? {};
    return `${status} ${reason}: ${message}`;
  }

  pod(name = 'build-pod'): Pod | undefined {
    return this.pods.get(`${NAMESPACE}/${name}`);
  }

  setPodStatus(status: PodStatus, name = 'build-pod'): void {
    this.pods.set({ ...this.pod(name)!, status });
  }

  #client(): KubeClient {
    return {
      server: 'https://fake',
      close: () => undefined,
      stream: () => Promise.reject(new Error('nothing is streamed here')),
      request: async <T>(method: string, path: string, options?: KubeRequest) =>
        this.#answer(method, path, options?.body as KubeObject) as T,
    };
  }

  #answer(method: string, path: string, body: KubeObject): unknown {
    const [, , plural = '', name = ''] = /namespaces\/([^/]+)\/([^/]+)\/?([^/]*)/.exec(path) ?? [];
    const request = `${method} ${plural}`;
    this.requests.push(request);
    const failure = this.failures.get(request);
    this.failures.delete(request);
    if (failure) throw failure;
    if (plural === 'pods') return this.#podRequest(method, name, body);
    if (plural === 'taskruns') return this.#taskRunRequest(method, name, body);
    if (method === 'POST') return this.#create(`${path}/${body.metadata.name}`, body);
    return this.objects.get(path) ?? fail(request, 404, 'NotFound');
  }

  #create(path: string, body: KubeObject): KubeObject {
    if (this.objects.has(path)) fail('POST', 409, 'AlreadyExists');
    this.objects.set(path, body);
    return body;
  }

  #podRequest(method: string, name: string, body: KubeObject): unknown {
    const key = `${NAMESPACE}/${name || body?.metadata.name}`;
    const pod = this.pods.get(key);
    if (method === 'POST') {
      if (pod) fail('POST pods', 409, 'AlreadyExists');
      const plain = JSON.parse(JSON.stringify(body)) as Pod;
      this.pods.set({ ...plain, metadata: { ...plain.metadata, uid: `uid-of-${plain.metadata.name}` } });
      return this.pods.get(key);
    }
    if (!pod) return fail(`${method} pods`, 404, 'NotFound');
    if (method === 'DELETE') this.pods.delete(key);
    if (method === 'PATCH') this.pods.set(patched(pod, body as unknown as { path: string; value: string }[]));
    return this.pods.get(key);
  }

  #taskRunRequest(method: string, name: string, body: KubeObject): unknown {
    const current = this.taskRuns.get(`${NAMESPACE}/${name}`);
    if (!current) return fail(`${method} taskruns`, 404, 'NotFound');
    if (body.metadata.resourceVersion !== current.metadata.resourceVersion) fail('PUT taskruns', 409, 'Conflict');
    const resourceVersion = String(Number(current.metadata.resourceVersion) + 1);
    const { labels, annotations } = method === 'PATCH' ? body.metadata : current.metadata;
    const metadata = {
      ...current.metadata,
      resourceVersion,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
    };
    const { status } = method === 'PUT' ? (JSON.parse(JSON.stringify(body)) as TaskRun) : current;
    this.taskRuns.set({ ...current, metadata, ...(status ? { status } : {}) });
    return this.taskRuns.get(`${NAMESPACE}/${name}`);
  }
}

function fail(request: string, status: number, reason: string): never {
  throw new ApiError(request, status, { reason, message: reason });
}

function patched(pod: Pod, operations: { path: string; value: string }[]): Pod {
  const copy = structuredClone(pod) as unknown as Record<string, never>;
  for (const { path, value } of operations) {
    const segments = path
      .split('/')
      .slice(1)
      .map((segment) => segment.replace('~1', '/'));
    const last = segments.pop() ?? '';
    let target: Record<string, unknown> = copy;
    for (const segment of segments) target = target[segment] as Record<string, unknown>;
    target[last] = value;
  }
  return copy as unknown as Pod;
}

/** An ended container's status, with the entrypoint's message. */
export function ended(
  name: string,
  options: {
    exitCode?: number;
    reason?: string;
    results?: Record<string, string>;
    internal?: Record<string, string>;
  } = {},
): NonNullable<PodStatus['containerStatuses']>[number] {
  const { exitCode = 0, reason = exitCode === 0 ? 'Completed' : 'Error', results = {}, internal = {} } = options;
  const entries = [
    ...Object.entries({ StartedAt: '2026-05-01T10:00:02.345Z', ...internal }).map(([key, value]) => ({
      key,
      value,
      type: 3,
    })),
    ...Object.entries(results).map(([key, value]) => ({ key, value, type: 1 })),
  ];
  return {
    name,
    imageID: `sha256:${name}`,
    state: {
      terminated: {
        exitCode,
        reason,
        message: JSON.stringify(entries),
        startedAt: '2026-05-01T10:00:01Z',
        finishedAt: '2026-05-01T10:00:03Z',
      },
    },
  };
}
