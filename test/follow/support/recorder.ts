import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import type { Pod } from '../../../shared/kubernetes/pod.ts';
import { Reflector } from '../../../shared/kubernetes/reflector.ts';
import {
  CUSTOM_RUNS,
  EVENTS,
  PIPELINE_RUNS,
  PODS,
  RESOLUTION_REQUESTS,
  resourcePath,
  TASK_RUNS,
} from '../../../shared/kubernetes/resources.ts';
import type { Resource } from '../../../shared/kubernetes/resources.ts';
import type { KubeList, KubeObject } from '../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';
import type { CustomRun, PipelineRun, ResolutionRequest, TaskRun } from '../../../shared/tekton/types.ts';
import { until } from '../../peers/support/until.ts';

/** A core/v1 Event. */
export interface CoreEvent extends KubeObject {
  involvedObject: { kind?: string; name?: string; uid?: string; fieldPath?: string };
  reason?: string;
  message?: string;
  firstTimestamp?: string;
  lastTimestamp?: string;
}

interface Kinds {
  PipelineRun: PipelineRun;
  TaskRun: TaskRun;
  Pod: Pod;
  CustomRun: CustomRun;
  ResolutionRequest: ResolutionRequest;
  Event: CoreEvent;
}

const resources: Record<keyof Kinds, Resource> = {
  PipelineRun: PIPELINE_RUNS,
  TaskRun: TASK_RUNS,
  Pod: PODS,
  CustomRun: CUSTOM_RUNS,
  ResolutionRequest: RESOLUTION_REQUESTS,
  Event: EVENTS,
};

/** What is known of an object: how it was last seen, and when its end was seen (epoch milliseconds), if it is gone. */
interface Last {
  object: KubeObject;
  goneMs?: number;
}

const versionOf = ({ metadata }: KubeObject): bigint => BigInt(metadata.resourceVersion ?? '0');

/** Keeps the last state of every object that a test can compare a trace with, also of those that are gone. */
export class Recorder {
  readonly #last = new Map<string, Last>();
  readonly #uids = new Map<string, Set<string>>();
  readonly #waiting = new Set<() => void>();
  readonly #ending = new AbortController();
  readonly #running: Promise<void>[] = [];

  /** Resolves when all there is has been read. */
  async start(client: KubeClient): Promise<void> {
    const reflectors = Object.entries(resources).map(([kind, resource]) => {
      const reflector = new Reflector<KubeObject>({ client, resource, log: silentLogger });
      const uids = new Set<string>();
      this.#uids.set(kind, uids);
      const put = (object: KubeObject, goneMs?: number): void => {
        uids.add(object.metadata.uid ?? '');
        this.#last.set(object.metadata.uid ?? '', { object: { ...object, kind }, ...(goneMs && { goneMs }) });
        // Nothing waits for Events, of which there are many.
        if (kind !== 'Event') for (const look of this.#waiting) look();
      };
      reflector.addHandler({ added: put, updated: (object) => put(object), deleted: (last) => put(last, Date.now()) });
      return reflector;
    });
    for (const reflector of reflectors) this.#running.push(reflector.run(this.#ending.signal));
    await Promise.all(reflectors.map(({ synced }) => synced));
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#running);
  }

  /**
   * Resolves when it has seen of all objects in a namespace what `client` reads now: each kind comes by a connection of its own, and any of them may be behind
   * the others.
   */
  async caughtUp(client: KubeClient, namespace: string): Promise<void> {
    for (const [kind, resource] of Object.entries(resources)) {
      const path = resourcePath(resource, { namespace });
      const { items, metadata } = await client.request<KubeList<KubeObject>>('GET', path);
      const readAt = BigInt(metadata.resourceVersion ?? '0');
      const there = new Map(items.map((one) => [one.metadata.uid ?? '', versionOf(one)]));
      const isBehind = (uid: string): boolean => {
        const { object, goneMs } = this.#last.get(uid) ?? {};
        if (goneMs !== undefined) return false;
        const version = there.get(uid);
        if (version !== undefined) return object === undefined || versionOf(object) < version;
        // It has gone, unless it was made after the reading.
        return object?.metadata.namespace === namespace && versionOf(object) <= readAt;
      };
      await until(`the watch of ${resource.plural}`, async () => {
        const known = [...(this.#uids.get(kind) ?? []), ...there.keys()];
        return known.some(isBehind) ? undefined : true;
      });
    }
  }

  /** The object of that uid, as it was last seen. */
  get(uid: string): KubeObject | undefined {
    return this.#last.get(uid)?.object;
  }

  /** All objects of a kind that `wanted` takes, the oldest first. */
  all<K extends keyof Kinds>(kind: K, wanted: (object: Kinds[K]) => boolean): Kinds[K][] {
    const found = [...(this.#uids.get(kind) ?? [])].map((uid) => this.get(uid));
    const age = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? '';
    return (found as Kinds[K][]).filter(wanted).sort((a, b) => (age(a) < age(b) ? -1 : age(a) > age(b) ? 1 : 0));
  }

  /** Epoch milliseconds at which the object was seen to be gone. */
  goneMs({ metadata }: KubeObject): number | undefined {
    return this.#last.get(metadata.uid ?? '')?.goneMs;
  }

  /** Resolves with what `look` gives as soon as it gives something; it is asked after each change. Throws after `timeoutMs`, with `what`. */
  until<T>(what: string, look: () => T | undefined, timeoutMs = 400_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(ask);
        clearTimeout(timer);
      };
      const ask = (): void => {
        const found = look();
        if (found === undefined) return;
        end();
        resolve(found);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`waited ${timeoutMs / 1000} s for ${what}`));
      }, timeoutMs);
      this.#waiting.add(ask);
      ask();
    });
  }
}
