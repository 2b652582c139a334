import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import { isDone, isSuccessful, succeededCondition } from '../../shared/tekton/conditions.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import type { RunningUp } from '../../test/e2e/support/up.ts';

const POLL_MS = 50;

const megabytesPerSecond = (bytes: number, ms: number): number => bytes / 1e6 / (ms / 1000);

/** MB/s of `sh -c 'command > file'`. Throws when it fails. */
export async function toFile(command: string, bytes: number, signal: AbortSignal): Promise<number> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tektrace-bench-'));
  try {
    const started = performance.now();
    await promisify(execFile)('sh', ['-c', `{ ${command}; } > "$1"`, 'sh', path.join(directory, 'output')], { signal });
    return megabytesPerSecond(bytes, performance.now() - started);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** MB/s of the same command in a step, from its start to its end, while nobody reads its log. Throws when the run fails. */
export async function inStep(up: RunningUp, command: string, bytes: number, signal: AbortSignal): Promise<number> {
  const script = `#!/bin/sh\nset -e\nfrom=$(date +%s%N)\n{ ${command}; }\necho $(($(date +%s%N) - from)) > $(results.ns.path)\n`;
  const path = resourcePath(TASK_RUNS, { namespace: 'default' });
  const created = await up.client.request<TaskRun>('POST', path, {
    body: {
      apiVersion: 'tekton.dev/v1',
      kind: 'TaskRun',
      metadata: { generateName: 'loud-' },
      spec: { taskSpec: { results: [{ name: 'ns' }], steps: [{ name: 'loud', image: 'busybox', script }] } },
    },
  });
  let run = created;
  while (!isDone(run)) {
    await delay(POLL_MS, undefined, { signal });
    run = await up.client.request<TaskRun>('GET', `${path}/${created.metadata.name}`);
  }
  if (!isSuccessful(run)) throw new Error(`a step with the program failed: ${succeededCondition(run)?.message}`);
  return megabytesPerSecond(bytes, Number(run.status?.results?.[0]?.value) / 1e6);
}
