import type { LiveRun, LiveSource } from '../../local/viewer/live/live-run.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import { deriveSpanId, newSpanId } from '../../shared/tracing/ids.ts';

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const ROOT_ID = 'b7ad6b7169203331';
const PIPELINE_RUN = 'fan-out-x1';
const STEPS = 3;
/** What controllers send for one event of a task: a run of sixty reaches the limit of 3000 spans (docs/trace.md). */
const RECONCILES = 2;
const FUNCTIONS = 5;

const iso = (ms: number): string => new Date(ms).toISOString();
const carrier = { 'tekton/taskrun-span-context': JSON.stringify({ traceparent: `00-${TRACE_ID}-${ROOT_ID}-01` }) };
const owner = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: PIPELINE_RUN, uid: 'uid' };

interface PlayedTask {
  name: string;
  createdMs: number;
  /** Steps that have begun, with their starts and ends. */
  steps: { startMs: number; endMs?: number }[];
  endMs?: number;
}

export interface SpanToSend {
  service: string;
  name: string;
  spanId: string;
  parentSpanId?: string;
  startMs: number;
  endMs: number;
  attributes?: Record<string, string>;
}

/** A run of many tasks as its API objects and spans come, for measurements: `width` tasks at the same time, each in a few events. */
export class PlayedRun implements LiveSource {
  readonly #tasks: PlayedTask[] = [];
  readonly #listeners = new Set<(traceId: string) => void>();
  readonly #startMs: number;
  #revision = 0;

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  find(traceId: string): LiveRun | undefined {
    if (traceId !== TRACE_ID) return undefined;
    const annotations = { 'tekton/pipelinerun-span-context': carrier['tekton/taskrun-span-context'] };
    const metadata = {
      name: PIPELINE_RUN,
      namespace: 'ci',
      uid: 'uid',
      creationTimestamp: iso(this.#startMs),
      annotations,
    };
    const status = { startTime: iso(this.#startMs + 30) };
    const run = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata, spec: {}, status };
    return { pipelineRuns: [run], taskRuns: this.#tasks.map(taskRunOf), pods: [] };
  }
  revision(): number {
    return this.#revision;
  }
  running(): string[] {
    return [TRACE_ID];
  }
  onChange(listener: (traceId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #changed(): void {
    this.#revision += 1;
    for (const listener of this.#listeners) listener(TRACE_ID);
  }

  create(name: string, nowMs: number): PlayedTask {
    const task: PlayedTask = { name, createdMs: nowMs, steps: [] };
    this.#tasks.push(task);
    this.#changed();
    return task;
  }

  /** Ends the present step, and begins the next one; after the last one it ends the task. */
  advance(task: PlayedTask, nowMs: number): void {
    const last = task.steps.at(-1);
    if (last) last.endMs = nowMs;
    if (task.steps.length < STEPS) task.steps.push({ startMs: nowMs });
    else task.endMs = nowMs;
    this.#changed();
  }

  readonly events = STEPS + 1;

  /** The spans of an ended task. */
  spansOf({ name, createdMs, steps, endMs = 0 }: PlayedTask): SpanToSend[] {
    const id = deriveSpanId(TRACE_ID, 'task', `uid-${name}`);
    const service = 'tekton-pipelines';
    const below = { service, parentSpanId: id };
    const facts = { taskrun: `${PIPELINE_RUN}-${name}`, pipelinerun: PIPELINE_RUN, namespace: 'ci' };
    const first = steps[0]?.startMs ?? endMs;
    return [
      { ...below, name: 'pod scheduling', spanId: newSpanId(), startMs: createdMs, endMs: createdMs + 40 },
      { ...below, name: 'pod starting', spanId: newSpanId(), startMs: createdMs + 40, endMs: first },
      ...['prepare', 'place-scripts'].map((init) => ({
        ...{ ...below, name: `init ${init}`, spanId: newSpanId(), startMs: createdMs + 50, endMs: first },
      })),
      ...steps.map(({ startMs, endMs: end = endMs }, index) => ({
        ...{ ...below, name: `step ${index}`, startMs, endMs: end },
        spanId: deriveSpanId(TRACE_ID, 'step', `uid-${name}`, 0, `step-${index}`),
        attributes: {
          'k8s.container.name': `step-${index}`,
          'process.exit.code': '0',
          'container.image.name': 'busybox:1.37',
        },
      })),
      {
        ...{ service, name: `task ${name}`, spanId: id, parentSpanId: ROOT_ID, startMs: createdMs, endMs },
        attributes: {
          ...facts,
          'cicd.pipeline.task.run.result': 'success',
          'k8s.pod.name': `${PIPELINE_RUN}-${name}-pod`,
        },
      },
    ];
  }

  /** The spans of the reconciles of one event of a task. */
  reconcilesOf({ name }: PlayedTask, nowMs: number): SpanToSend[] {
    const service = 'taskrun-reconciler';
    return Array.from({ length: RECONCILES }, (_, index) => {
      const spanId = newSpanId();
      const parentSpanId = deriveSpanId(TRACE_ID, 'task', `uid-${name}`);
      const top = { service, name: 'TaskRun:ReconcileKind', spanId, parentSpanId, startMs: nowMs - 9, endMs: nowMs };
      const functions = Array.from({ length: FUNCTIONS }, (__, at) => ({
        ...{ service, name: `function${at}`, spanId: newSpanId(), parentSpanId: spanId },
        ...{ startMs: nowMs - 8 + at, endMs: nowMs - 7 + at + index },
      }));
      return [top, ...functions];
    }).flat();
  }

  rootSpan(nowMs: number): SpanToSend {
    const attributes = { 'cicd.pipeline.result': 'success', pipelinerun: PIPELINE_RUN, namespace: 'ci' };
    return {
      service: 'tekton-pipelines',
      name: 'RUN fan-out',
      spanId: ROOT_ID,
      startMs: this.#startMs,
      endMs: nowMs,
      attributes,
    };
  }
}

function taskRunOf({ name, createdMs, steps, endMs }: PlayedTask): TaskRun {
  const done = endMs === undefined ? undefined : iso(endMs);
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      ...{ name: `${PIPELINE_RUN}-${name}`, namespace: 'ci', uid: `uid-${name}`, creationTimestamp: iso(createdMs) },
      labels: { 'tekton.dev/pipelineRun': PIPELINE_RUN, 'tekton.dev/pipelineTask': name },
      ...{ annotations: carrier, ownerReferences: [owner] },
    },
    spec: {},
    status: {
      podName: `${PIPELINE_RUN}-${name}-pod`,
      ...(done !== undefined && {
        completionTime: done,
        conditions: [{ type: 'Succeeded', status: 'True' as const, reason: 'Succeeded', lastTransitionTime: done }],
      }),
      steps: steps.map(({ startMs, endMs: end }, index) => ({
        ...{ name: String(index), container: `step-${index}` },
        ...(end === undefined
          ? { running: { startedAt: iso(startMs) } }
          : { terminated: { exitCode: 0, startedAt: iso(startMs), finishedAt: iso(end) } }),
      })),
    },
  };
}
