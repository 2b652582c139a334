import { readdirSync, readFileSync } from 'node:fs';

import { parse } from 'yaml';

import { createPipelineRunController } from '../../../../controller/pipelinerun/controller.ts';
import { createPolicy } from '../../../../controller/policy.ts';
import { startApiServer } from '../../../../local/apiserver/server.ts';
import { createKubeClient } from '../../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { createEventRecorder } from '../../../../shared/kubernetes/events.ts';
import { loadKubeConfig } from '../../../../shared/kubernetes/kubeconfig.ts';
import { Reflector } from '../../../../shared/kubernetes/reflector.ts';
import { MERGE_PATCH, PIPELINE_RUNS, resourcePath, TASK_RUNS } from '../../../../shared/kubernetes/resources.ts';
import type { Resource } from '../../../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import type { Condition, PipelineRun, TaskRun, TaskRunResult } from '../../../../shared/tekton/types.ts';
import { noRunTracing } from '../../../../shared/tracing/run-tracing.ts';

export const namespace = 'default';

/** An embedded API server with Tekton's CRDs and the PipelineRun controller; the test plays the TaskRun controller. */
export interface PipelineRunFixture {
  client: KubeClient;
  create<T extends KubeObject>(resource: Resource, object: object): Promise<T>;
  get<T>(resource: Resource, name: string): Promise<T>;
  patch(resource: Resource, name: string, body: object): Promise<void>;
  /** The run once `condition` holds for it. */
  run(name: string, condition: (run: PipelineRun) => boolean): Promise<PipelineRun>;
  /** The TaskRun once it is there (and `condition` holds for it). */
  taskRun(name: string, condition?: (taskRun: TaskRun) => boolean): Promise<TaskRun>;
  /** Writes the end of a TaskRun as its controller would. */
  finish(name: string, end?: { condition?: Partial<Condition>; results?: TaskRunResult[] }): Promise<void>;
  /** Stops the controller and starts another one that knows nothing but what the API server has. */
  restart(): Promise<void>;
  setTime(now: Date): void;
  close(): Promise<void>;
}

const crdFolder = new URL('../../../../helm/tektrace/files/crds/', import.meta.url);

export function tektonCrds(): object[] {
  return readdirSync(crdFolder).map((file) => parse(readFileSync(new URL(file, crdFolder), 'utf8')) as object);
}

interface Watched<T extends KubeObject> {
  reflector: Reflector<T>;
  when(name: string, condition: (object: T) => boolean): Promise<T>;
}

function watched<T extends KubeObject>(reflector: Reflector<T>): Watched<T> {
  const looks = new Set<() => void>();
  const look = (): void => looks.forEach((check) => check());
  reflector.addHandler({ added: look, updated: look, deleted: look });
  return {
    reflector,
    when: (name, condition) =>
      new Promise((resolve) => {
        const check = (): void => {
          const object = reflector.store.get(`${namespace}/${name}`);
          if (!object || !condition(object)) return;
          looks.delete(check);
          resolve(object);
        };
        looks.add(check);
        check();
      }),
  };
}

export async function startPipelineRunFixture(): Promise<PipelineRunFixture> {
  const server = await startApiServer({ crds: tektonCrds() });
  const client = createKubeClient(loadKubeConfig({ text: await server.kubeconfig() }));
  let time: Date | undefined;
  const clock = (): Date => time ?? new Date();
  let stop: () => Promise<void>;
  let pipelineRuns: Watched<PipelineRun>;
  let taskRuns: Watched<TaskRun>;

  async function start(): Promise<void> {
    const log = silentLogger;
    const stopping = new AbortController();
    const owner = ({ metadata }: TaskRun): string[] => (metadata.ownerReferences ?? []).map(({ uid }) => uid);
    const runs = new Reflector<PipelineRun>({ client, resource: PIPELINE_RUNS, log });
    const children = new Reflector<TaskRun>({ client, resource: TASK_RUNS, log, indexers: { owner } });
    const watches = { pipelineRuns: runs, taskRuns: children };
    const events = createEventRecorder(client, { component: 'test', log });
    const controller = createPipelineRunController({
      client,
      watches,
      tracing: noRunTracing,
      policy: createPolicy({ manage: 'all', sampling: { ratio: 1 }, keepFailures: true }),
      events,
      clock,
      log,
    });
    pipelineRuns = watched(runs);
    taskRuns = watched(children);
    const running = [runs.run(stopping.signal), children.run(stopping.signal)];
    await Promise.all([runs.synced, children.synced]);
    controller.start();
    stop = async () => {
      stopping.abort();
      await controller.stop();
      await Promise.all([...running, events.flush()]);
    };
  }

  await start();
  return {
    client,
    create: (resource, body) => client.request('POST', resourcePath(resource, { namespace }), { body }),
    get: (resource, name) => client.request('GET', resourcePath(resource, { namespace, name })),
    patch: async (resource, name, body) => {
      await client.request('PATCH', resourcePath(resource, { namespace, name }), { body, contentType: MERGE_PATCH });
    },
    run: (name, condition) => pipelineRuns.when(name, condition),
    taskRun: (name, condition = () => true) => taskRuns.when(name, condition),
    async finish(name, { condition = {}, results } = {}) {
      await taskRuns.when(name, () => true);
      const done = { type: 'Succeeded', status: 'True', reason: 'Succeeded', ...condition };
      const body = {
        status: { conditions: [done], completionTime: clock().toISOString(), ...(results ? { results } : {}) },
      };
      const path = resourcePath(TASK_RUNS, { namespace, name, subresource: 'status' });
      await client.request('PATCH', path, { body, contentType: MERGE_PATCH });
    },
    async restart() {
      await stop();
      await start();
    },
    setTime: (now) => (time = now),
    async close() {
      await stop();
      client.close();
      await server.close();
    },
  };
}
