import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { PIPELINE_RUNS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import type { PipelineRun } from '../../../shared/tekton/types.ts';
import { pipelineRunSpan } from '../../../shared/tracing/run-context.ts';

export interface CreateLoad {
  /** How many runs came back so far. */
  created(): number;
  /** Ends it, and gives what went wrong: runs that came back without a context, and errors. */
  stop(): Promise<{ created: number; unstamped: string[]; errors: string[] }>;
}

/** Nobody executes it, and Tekton does not spend its few requests a second on it. */
const idleRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName: 'load-' },
  spec: { managedBy: 'tektrace.test/nobody', pipelineRef: { name: 'none' } },
};

/** Creates PipelineRuns, one every `everyMs`, until it is stopped. A creation that takes longer does not delay the next. */
export function startCreateLoad(client: KubeClient, namespace: string, everyMs: number): CreateLoad {
  const ending = new AbortController();
  const errors: string[] = [];
  const unstamped: string[] = [];
  const open = new Set<Promise<void>>();
  let created = 0;
  const create = async (): Promise<void> => {
    try {
      const run = await client.request<PipelineRun>('POST', resourcePath(PIPELINE_RUNS, { namespace }), {
        body: idleRun,
      });
      created++;
      if (pipelineRunSpan(run) === undefined) unstamped.push(run.metadata.name ?? '');
    } catch (error) {
      errors.push(String(error));
    }
  };
  const loop = (async () => {
    while (!ending.signal.aborted) {
      const one = create().finally(() => open.delete(one));
      open.add(one);
      await delay(everyMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  })();
  return {
    created: () => created,
    stop: async () => {
      ending.abort();
      await loop;
      await Promise.all(open);
      return { created, unstamped, errors };
    },
  };
}
