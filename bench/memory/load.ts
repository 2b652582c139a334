import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { Reflector } from '../../shared/kubernetes/reflector.ts';
import { EVENTS, NAMESPACES, PIPELINE_RUNS, PODS, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isSuccessful } from '../../shared/tekton/conditions.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { unlessAborted } from '../support/ends-with-signal.ts';

export interface RollingLoad {
  /** The administrator's. */
  client: KubeClient;
  runs: number;
  /** How many runs there are at a time. */
  concurrency: number;
  /** Called after each group of runs was exported and deleted, with how many were so far. */
  onDeleted: (runs: number) => void;
  signal: AbortSignal;
}

/** Runs that are created, awaited and deleted together, in a namespace that one group after the other uses. */
const GROUP = 25;

const body = (name: string): object => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name },
  spec: {
    pipelineSpec: {
      tasks: [{ name: 'only', taskSpec: { steps: [{ name: 'only', image: 'busybox', command: ['true'] }] } }],
    },
  },
});

/** What a watch of all runs says: `exported(names)` resolves when those runs have the mark. Rejects when one does not succeed. */
function createWaiter(): { seen: (run: PipelineRun) => void; exported: (keys: string[]) => Promise<void> } {
  const waiting = new Map<string, { done: () => void; fail: (error: Error) => void }>();
  return {
    seen: (run) => {
      const { uid, annotations, namespace, name } = run.metadata;
      const waiter = annotations?.[TRACE_EXPORTED] === uid && waiting.get(`${namespace}/${name}`);
      if (!waiter) return;
      if (isSuccessful(run)) waiter.done();
      else waiter.fail(new Error(`${namespace}/${name} failed: ${JSON.stringify(run.status?.conditions)}`));
    },
    exported: async (keys) => {
      await Promise.all(keys.map((key) => new Promise<void>((done, fail) => waiting.set(key, { done, fail }))));
      for (const key of keys) waiting.delete(key);
    },
  };
}

/** Creates, awaits and deletes one-task PipelineRuns until `runs` were: one watch reports all of them. Throws when one fails. */
export async function runRollingLoad({ client, runs, concurrency, onDeleted, signal }: RollingLoad): Promise<void> {
  const watch = new AbortController();
  const { seen, exported } = createWaiter();
  const reflector = new Reflector<PipelineRun>({
    client,
    resource: PIPELINE_RUNS,
    log: silentLogger,
    transform: ({ apiVersion, kind, metadata, status, spec }) => ({
      ...{ apiVersion, kind, spec, metadata: { ...metadata, managedFields: [] } },
      ...(status?.conditions ? { status: { conditions: status.conditions } } : {}),
    }),
  });
  reflector.addHandler({ added: seen, updated: seen, deleted: () => undefined });
  const watched = reflector.run(watch.signal);
  let started = 0;
  let deleted = 0;

  /** One group after the other, in one namespace. */
  async function lane(namespace: string): Promise<void> {
    await client.request('POST', resourcePath(NAMESPACES), { body: { metadata: { name: namespace } } });
    while (started < runs && !signal.aborted) {
      const count = Math.min(GROUP, runs - started);
      const names = Array.from({ length: count }, (_, index) => `run-${started + index}`);
      started += count;
      const done = exported(names.map((name) => `${namespace}/${name}`));
      const path = resourcePath(PIPELINE_RUNS, { namespace });
      const created = Promise.all(names.map((name) => client.request('POST', path, { body: body(name), signal })));
      await Promise.all([created, done]);
      // Nothing collects garbage here: owners first, then what they own.
      for (const resource of [PIPELINE_RUNS, TASK_RUNS, PODS, EVENTS])
        await client.request('DELETE', resourcePath(resource, { namespace }), { signal });
      deleted += count;
      onDeleted(deleted);
    }
  }

  try {
    await reflector.synced;
    const lanes = Math.max(1, Math.round(concurrency / GROUP));
    await unlessAborted(signal, Promise.all(Array.from({ length: lanes }, (_, index) => lane(`load-${index}`))));
  } finally {
    watch.abort();
    await watched;
  }
}
