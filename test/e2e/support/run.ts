import { setTimeout as delay } from 'node:timers/promises';

import { createObject } from '../../../cli/follow/create.ts';
import { followRun } from '../../../cli/follow/follow-run.ts';
import type { Run } from '../../../cli/follow/follow-run.ts';
import type { LogLine } from '../../../cli/follow/steps.ts';
import type { LocalCluster } from '../../../cli/local/cluster.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { PIPELINE_RUNS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';
import type { PipelineRun, Step, TaskRun } from '../../../shared/tekton/types.ts';
import { runSpan } from '../../../shared/tracing/run-context.ts';
import { spansOf } from './trace.ts';
import type { FlatSpan } from './trace.ts';

export function pipelineRun(
  name: string,
  steps: Partial<Step>[],
  spec: Partial<PipelineRun['spec']> = {},
): PipelineRun {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { generateName: `${name}-` },
    spec: {
      pipelineSpec: {
        tasks: [{ name: 'only', taskSpec: { steps: steps.map((step) => ({ image: 'busybox', ...step })) } }],
      },
      ...spec,
    },
  };
}

export function taskRun(name: string, steps: Partial<Step>[], spec: Partial<TaskRun['spec']> = {}): TaskRun {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { generateName: `${name}-` },
    spec: { taskSpec: { steps: steps.map((step) => ({ image: 'busybox', ...step })) }, ...spec },
  };
}

export function create<T extends KubeObject>(client: KubeClient, object: KubeObject): Promise<T> {
  return createObject<T>(client, object, 'default');
}

/** Longer than what is waited for takes on any machine: it never comes. Below the tests' own limit, so that it is named. */
const NEVER_MS = 120_000;

/** What `look` finds. Throws after `timeoutMs` milliseconds, naming `what` was waited for. */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  timeoutMs = NEVER_MS,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(20);
  }
}

/** Waits until a step of the run has printed something: then its command runs, and hears signals. */
export async function printing(cluster: LocalCluster, run: Run): Promise<void> {
  const stop = new AbortController();
  const first = Promise.withResolvers<void>();
  followRun({
    client: cluster.client,
    run,
    onLine: () => first.resolve(),
    onLogError: (_step, error) => first.reject(error),
    log: silentLogger,
    signal: stop.signal,
  });
  await first.promise;
  stop.abort(new Error('over'));
}

export interface Finished {
  run: Run;
  lines: LogLine[];
  spans: FlatSpan[];
}

/** Waits for the run's end and for the whole of its trace. */
export async function finish(
  cluster: LocalCluster,
  created: Run,
  act: (run: Run) => Promise<void> = async () => undefined,
): Promise<Finished> {
  const stop = new AbortController();
  const lines: LogLine[] = [];
  const followed = followRun({
    client: cluster.client,
    run: created,
    onLine: (line) => void lines.push(line),
    onLogError: () => undefined,
    log: silentLogger,
    signal: stop.signal,
  });
  try {
    await act(created);
    await followed.done;
    const run = await followed.exported;
    return { run, lines, spans: await wholeTrace(cluster, run) };
  } finally {
    stop.abort(new Error('over'));
  }
}

/** The trace once the root and all controller spans below it are there: their parents arrive with them or before. */
export async function wholeTrace(cluster: LocalCluster, run: Run): Promise<FlatSpan[]> {
  const own = runSpan(run);
  return until(() => {
    const spans = spansOf(cluster.traces.trace(own?.traceId ?? ''));
    const ids = new Set(spans.map((span) => span.id));
    return ids.has(own?.spanId ?? '') && spans.every((span) => span.parent === '' || ids.has(span.parent)) && spans;
  }, 'the whole trace');
}

export function read(client: KubeClient, run: Run): Promise<PipelineRun> {
  return client.request<PipelineRun>(
    'GET',
    resourcePath(PIPELINE_RUNS, { namespace: run.metadata.namespace, name: run.metadata.name }),
  );
}
