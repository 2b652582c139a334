import { parentOf } from '../../shared/tekton/parent-of.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { CustomRun, PipelineRun, ResolutionRequest } from '../../shared/tekton/types.ts';
import type { PodEvent } from '../watch/essentials.ts';
import type { TraceSources } from '../watch/trace-sources.ts';
import type { KnownCustomRun } from './custom.ts';
import { childKey } from './ledger.ts';
import type { Run } from './ledger.ts';

/** Owners and what Events are about are in the same namespace, whatever uid a client has written. */
const isBeside = (a: KubeObject, b: KubeObject): boolean => a.metadata.namespace === b.metadata.namespace;

export interface SourcesOptions {
  /** A CustomRun of this PipelineRun changed. */
  changed: (runUid: string) => void;
  /** Whether its spans are still to be sent, so that what is gone has to be remembered. */
  isOpen: (runUid: string) => boolean;
  nowMs: () => number;
}

/** What a run's spans are made of beside runs and Pods. Without watches there is nothing. */
export class Sources {
  readonly #watched: TraceSources | undefined;
  /** CustomRuns whose deletion was seen, by uid, by that of their PipelineRun. */
  readonly #gone = new Map<string, Map<string, KnownCustomRun>>();

  /** Adds its handlers to the watches, so it is made before these run. */
  constructor(watched: TraceSources | undefined, { changed, isOpen, nowMs }: SourcesOptions) {
    this.#watched = watched;
    const owner = (customRun: CustomRun): string => parentOf(customRun)?.uid ?? '';
    const seen = (customRun: CustomRun): void => changed(owner(customRun));
    watched?.customRuns.addHandler({
      added: seen,
      updated: seen,
      deleted: (customRun) => {
        const runUid = owner(customRun);
        if (!isOpen(runUid)) return;
        const gone = this.#gone.get(runUid) ?? new Map<string, KnownCustomRun>();
        this.#gone.set(runUid, gone.set(customRun.metadata.uid ?? '', { customRun, deletedMs: nowMs() }));
        changed(runUid);
      },
    });
  }

  /** The CustomRuns that a PipelineRun owns and its status names, deleted ones last. An owner reference alone can be written by anybody. */
  customRunsOf(run: PipelineRun): KnownCustomRun[] {
    const { uid = '' } = run.metadata;
    const named = new Set(run.status?.childReferences?.map(childKey));
    const present = this.#watched?.customRuns.store.byIndex('owner', uid) ?? [];
    return [...present.map((customRun) => ({ customRun })), ...(this.#gone.get(uid)?.values() ?? [])].filter(
      ({ customRun }) => isBeside(run, customRun) && named.has(childKey(customRun)),
    );
  }

  /** The ResolutionRequests that a PipelineRun or TaskRun owns. */
  resolutionsOf(run: Run): ResolutionRequest[] {
    const owned = this.#watched?.resolutionRequests.store.byIndex('owner', run.metadata.uid ?? '') ?? [];
    return owned.filter((request) => isBeside(run, request));
  }

  /** The Events about the start of a Pod. */
  podEventsOf(pod: Pod): PodEvent[] {
    const about = this.#watched?.podEvents.store.byIndex('pod', pod.metadata.uid ?? '') ?? [];
    return about.filter((event) => isBeside(pod, event));
  }

  /** The run's spans were sent: what is gone need not be remembered any more. */
  forgetGone(runUid: string): void {
    this.#gone.delete(runUid);
  }
}
