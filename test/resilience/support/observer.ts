import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import type { Pod } from '../../../shared/kubernetes/pod.ts';
import { Reflector } from '../../../shared/kubernetes/reflector.ts';
import { PIPELINE_RUNS, PODS, resourcePath, TASK_RUNS } from '../../../shared/kubernetes/resources.ts';
import type { Resource } from '../../../shared/kubernetes/resources.ts';
import { objectKey } from '../../../shared/kubernetes/types.ts';
import type { KubeList, KubeObject } from '../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';
import { TRACE_EXPORTED } from '../../../shared/tekton/annotations.ts';
import { isSuccessful } from '../../../shared/tekton/conditions.ts';
import type { PipelineRun, TaskRun } from '../../../shared/tekton/types.ts';

/** What one reflector's handlers saw. */
export interface Seen<T extends KubeObject> {
  reflector: Reflector<T>;
  /** Every UID ever, by `namespace/name`. */
  uids: Map<string, Set<string>>;
  /** What came in the wrong order, as sentences. */
  problems: string[];
  counts: { handled: number; lists: number; watches: number; failures: number };
}

/** Three reflectors as the controllers have them, whose handlers check the order of all that they are told. */
export interface Observer {
  pipelineRuns: Seen<PipelineRun>;
  taskRuns: Seen<TaskRun>;
  pods: Seen<Pod>;
  /** Resolves when all those runs are done and marked as exported. Throws what is missing after `withinMs`. */
  done(names: string[], withinMs: number): Promise<PipelineRun[]>;
  /** As `done`. Throws which of them has not succeeded. */
  succeeded(names: string[], withinMs: number): Promise<PipelineRun[]>;
  /** Resolves when each store has what a list says that `client` makes now. Throws the difference after `withinMs`. */
  equalsList(client: KubeClient, withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

function checked<T extends KubeObject>(client: KubeClient, resource: Resource, look: () => void): Seen<T> {
  const versions = new Map<string, bigint>();
  const ended = new Set<string>();
  const seen: Omit<Seen<T>, 'reflector'> = {
    uids: new Map(),
    problems: [],
    counts: { handled: 0, lists: 0, watches: 0, failures: 0 },
  };
  const check = (what: string, object: T, last: bigint | undefined): void => {
    const { uid = '', resourceVersion = '' } = object.metadata;
    const key = objectKey(object.metadata);
    const version = BigInt(resourceVersion);
    seen.counts.handled += 1;
    seen.uids.set(key, (seen.uids.get(key) ?? new Set()).add(uid));
    if (ended.has(uid)) seen.problems.push(`${resource.plural} ${key}: ${what} after it was deleted`);
    if (last !== undefined && version <= last && what !== 'deleted')
      seen.problems.push(`${resource.plural} ${key}: ${what} with version ${version} after ${last}`);
    versions.set(uid, version);
    look();
  };
  const reflector = new Reflector<T>({
    client,
    resource,
    log: silentLogger,
    observer: {
      listed: () => (seen.counts.lists += 1),
      watched: () => (seen.counts.watches += 1),
      event: () => undefined,
      failed: () => (seen.counts.failures += 1),
    },
  });
  reflector.addHandler({
    added: (object) => {
      const last = versions.get(object.metadata.uid ?? '');
      if (last !== undefined) seen.problems.push(`${resource.plural} ${objectKey(object.metadata)}: added twice`);
      check('added', object, last);
    },
    updated: (object, before) => {
      const last = versions.get(object.metadata.uid ?? '');
      if (last === undefined || String(last) !== before.metadata.resourceVersion)
        seen.problems.push(`${resource.plural} ${objectKey(object.metadata)}: updated from what was never told`);
      check('updated', object, last);
    },
    deleted: (object) => {
      check('deleted', object, versions.get(object.metadata.uid ?? ''));
      ended.add(object.metadata.uid ?? '');
    },
  });
  return { ...seen, reflector };
}

const versionsOf = (objects: KubeObject[]): string[] =>
  objects.map(({ metadata }) => `${objectKey(metadata)} ${metadata.uid} ${metadata.resourceVersion}`).sort();

function isExported(run: PipelineRun | undefined): run is PipelineRun {
  return run !== undefined && run.metadata.annotations?.[TRACE_EXPORTED] === run.metadata.uid;
}

export async function startObserver(client: KubeClient): Promise<Observer> {
  const stop = new AbortController();
  const looks = new Set<() => void>();
  const look = (): void => looks.forEach((each) => each());
  const pipelineRuns = checked<PipelineRun>(client, PIPELINE_RUNS, look);
  const taskRuns = checked<TaskRun>(client, TASK_RUNS, look);
  const pods = checked<Pod>(client, PODS, look);
  const all: [Resource, Seen<KubeObject>][] = [
    [PIPELINE_RUNS, pipelineRuns as unknown as Seen<KubeObject>],
    [TASK_RUNS, taskRuns as unknown as Seen<KubeObject>],
    [PODS, pods],
  ];
  const ran = all.map(([, { reflector }]) => reflector.run(stop.signal));
  await Promise.all(all.map(([, { reflector }]) => reflector.synced));

  /** Looks at each event, and once in a second, until `missing` says nothing. */
  async function until(withinMs: number, missing: () => Promise<string> | string): Promise<void> {
    const late = Date.now() + withinMs;
    for (;;) {
      const what = await missing();
      if (what === '') return;
      if (Date.now() > late) throw new Error(`not after ${withinMs} ms: ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        looks.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      looks.clear();
    }
  }

  const stored = (name: string): PipelineRun | undefined => pipelineRuns.reflector.store.get(`default/${name}`);

  async function done(names: string[], withinMs: number): Promise<PipelineRun[]> {
    await until(withinMs, () => {
      const open = names.filter((name) => !isExported(stored(name)));
      const shown = open.slice(0, 5).map((name) => `${name} ${JSON.stringify(stored(name)?.status?.conditions)}`);
      return open.length === 0 ? '' : `${open.length} of ${names.length} runs are not done: ${shown.join('; ')}`;
    });
    return names.map(stored).filter((run) => run !== undefined);
  }

  return {
    pipelineRuns,
    taskRuns,
    pods,
    done,
    succeeded: async (names, withinMs) => {
      const runs = await done(names, withinMs);
      const failed = runs.filter((run) => !isSuccessful(run));
      if (failed.length > 0)
        throw new Error(
          failed.map((run) => `${run.metadata.name} ${JSON.stringify(run.status?.conditions)}`).join('; '),
        );
      return runs;
    },
    equalsList: (other, withinMs) =>
      until(withinMs, async () => {
        const differences = await Promise.all(
          all.map(async ([resource, { reflector }]) => {
            const path = resourcePath(resource);
            const listed = versionsOf((await other.request<KubeList<KubeObject>>('GET', path)).items);
            const held = versionsOf(reflector.store.list());
            const differing = listed
              .filter((each) => !held.includes(each))
              .concat(held.filter((each) => !listed.includes(each)));
            return differing.slice(0, 5).map((each) => `${resource.plural} ${each}`);
          }),
        );
        return differences.flat().join('; ');
      }),
    stop: async () => {
      stop.abort();
      await Promise.all(ran);
    },
  };
}
