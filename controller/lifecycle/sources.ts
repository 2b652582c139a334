import { parentOf } from '../../shared/tekton/parent-of.ts';
import type { CustomRun, ResolutionRequest } from '../../shared/tekton/types.ts';
import type { PullEvent } from '../watch/essentials.ts';
import type { TraceSources } from '../watch/trace-sources.ts';
import type { KnownCustomRun } from './custom.ts';

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

  /** The CustomRuns of a PipelineRun, those that are gone last. */
  customRunsOf(runUid: string): KnownCustomRun[] {
    const present = this.#watched?.customRuns.store.byIndex('owner', runUid) ?? [];
    return [...present.map((customRun) => ({ customRun })), ...(this.#gone.get(runUid)?.values() ?? [])];
  }

  /** What a PipelineRun or TaskRun asked resolvers for. */
  resolutionsOf(runUid: string): ResolutionRequest[] {
    return this.#watched?.resolutionRequests.store.byIndex('owner', runUid) ?? [];
  }

  /** The kubelet's Events about images of a Pod. */
  pullEventsOf(podUid: string): PullEvent[] {
    return this.#watched?.pullEvents.store.byIndex('pod', podUid) ?? [];
  }

  /** The run's spans were sent: what is gone need not be remembered any more. */
  forgetGone(runUid: string): void {
    this.#gone.delete(runUid);
  }
}
