import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { PIPELINE_RUNS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { PIPELINE_RUN_SPAN_CONTEXT } from '../../../shared/tekton/annotations.ts';

/** How many creations are under way at a time. */
export const CREATORS = 8;

export interface LoadResult {
  created: number;
  unstamped: number;
  errors: string[];
  perSecond: number;
}

export interface CreateLoad {
  /** What happened since the start, or since the last call. */
  take(): LoadResult;
  /** Resolves when the last creation has its answer. */
  stop(): Promise<LoadResult>;
}

/**
 * Creates PipelineRuns, eight at a time, `perSecond` at most: on a slow machine it creates as many as that can. The client must not repeat requests
 * that failed.
 */
export function startCreating(client: KubeClient, perSecond: number): CreateLoad {
  const path = resourcePath(PIPELINE_RUNS, { namespace: 'default' });
  const body = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { generateName: 'load-' },
    spec: { pipelineRef: { name: 'any' } },
  };
  let stopped = false;
  let begun = 0;
  const startedMs = performance.now();
  let sinceMs = startedMs;
  let result = { created: 0, unstamped: 0, errors: [] as string[] };

  async function creator(): Promise<void> {
    while (!stopped) {
      const dueMs = startedMs + (begun++ * 1000) / perSecond;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await delay(waitMs);
      try {
        const run = await client.request<KubeObject>('POST', path, { body });
        result.created++;
        if (run.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT] === undefined) result.unstamped++;
      } catch (error) {
        result.errors.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
  const creators = Array.from({ length: CREATORS }, creator);
  const take = (): LoadResult => {
    const nowMs = performance.now();
    const taken = { ...result, perSecond: (result.created * 1000) / (nowMs - sinceMs) };
    result = { created: 0, unstamped: 0, errors: [] };
    sinceMs = nowMs;
    return taken;
  };
  return {
    take,
    stop: async () => {
      stopped = true;
      await Promise.all(creators);
      return take();
    },
  };
}
