import { setTimeout as delay } from 'node:timers/promises';

import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isSuccessful, succeededCondition } from '../../shared/tekton/conditions.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';

const NAMESPACE = 'default';
const POLL_MS = 250;

const task = (name: string, runAfter: string[] = []): object => ({
  ...{ name, runAfter },
  taskSpec: { steps: [{ name: 'only', image: 'busybox', script: '#!/bin/sh\necho one line\n' }] },
});

const body = (name: string): object => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name },
  spec: { pipelineSpec: { tasks: [task('one'), task('two'), task('three', ['one', 'two'])] } },
});

/** Resolves to the run when it has ended and its trace was taken. */
async function exported(client: KubeClient, path: string, signal: AbortSignal): Promise<PipelineRun> {
  for (;;) {
    const run = await client.request<PipelineRun>('GET', path, { signal });
    if (run.metadata.annotations?.[TRACE_EXPORTED] === run.metadata.uid) return run;
    await delay(POLL_MS, undefined, { signal });
  }
}

export interface Load {
  kubeconfigFile: string;
  runs: number;
  /** How many runs there are at a time. */
  concurrency: number;
  /** Called after each run was deleted, with how many were so far. */
  onDeleted: (runs: number) => void;
  signal: AbortSignal;
}

/** Creates PipelineRuns of three tasks, and deletes each after its trace was taken, until `runs` were. Resolves to why some failed. */
export async function runAndDelete({ kubeconfigFile, runs, concurrency, onDeleted, signal }: Load): Promise<string[]> {
  const client = createKubeClient(loadKubeConfig({ file: kubeconfigFile }), { userAgent: 'bench' });
  let started = 0;
  let deleted = 0;
  const failures: string[] = [];
  async function lane(): Promise<void> {
    while (started < runs) {
      const name = `run-${started++}`;
      const path = resourcePath(PIPELINE_RUNS, { namespace: NAMESPACE, name });
      await client.request('POST', resourcePath(PIPELINE_RUNS, { namespace: NAMESPACE }), { body: body(name), signal });
      const run = await exported(client, path, signal);
      if (!isSuccessful(run)) failures.push(`${name}: ${succeededCondition(run)?.message ?? 'did not succeed'}`);
      await client.request('DELETE', path, { signal });
      onDeleted(++deleted);
    }
  }
  try {
    await Promise.all(Array.from({ length: concurrency }, () => lane()));
    return failures;
  } finally {
    client.close();
  }
}
