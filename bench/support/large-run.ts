import { pipelineRunSpans } from '../../controller/lifecycle/run.ts';
import { taskRunSpans } from '../../controller/lifecycle/task.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { POD_READY, POD_READY_VALUE } from '../../shared/tekton/annotations.ts';
import type { PipelineRun, PipelineTask, TaskRun } from '../../shared/tekton/types.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';

export const TASKS = 1000;
export const STEPS = 3;
/** A tenth is skipped, each after the one before it. */
export const SKIPPED = TASKS / 10;

export const TRACE = '0af7651916cd43dd8448eb211c80319c';
const ROOT = 'b7ad6b7169203331';
const at = (seconds: number): string =>
  new Date(Date.UTC(2026, 4, 1) + seconds * 1000).toISOString().replace('.000', '');
const succeeded = { type: 'Succeeded', status: 'True', reason: 'Succeeded' } as const;

const steps = Array.from({ length: STEPS }, (_, index) => `step-${index}`);

function taskRun(name: string, second: number): TaskRun {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: `build-${name}`,
      namespace: 'ci',
      uid: `uid-${name}`,
      creationTimestamp: at(second),
      labels: { 'tekton.dev/pipelineTask': name, 'tekton.dev/pipelineRun': 'build' },
      ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'build', uid: 'uid-build' }],
    },
    spec: {},
    status: {
      podName: `build-${name}-pod`,
      startTime: at(second),
      completionTime: at(second + 10),
      conditions: [succeeded],
      steps: steps.map((step, index) => ({
        name: step,
        container: step,
        terminated: { exitCode: 0, startedAt: at(second + 3 + index), finishedAt: at(second + 4 + index) },
      })),
    },
  };
}

function podOf({ metadata }: TaskRun, second: number): Pod {
  const ended = (name: string, from: number, to: number): object => ({
    name,
    state: { terminated: { exitCode: 0, startedAt: at(from), finishedAt: at(to) } },
  });
  return {
    metadata: {
      name: `${metadata.name}-pod`,
      namespace: 'ci',
      uid: `${metadata.uid}-pod`,
      creationTimestamp: at(second),
      annotations: { [POD_READY]: POD_READY_VALUE },
    },
    spec: { containers: steps.map((name) => ({ name })), nodeName: 'node' },
    status: {
      phase: 'Succeeded',
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at(second + 1) }],
      initContainerStatuses: [ended('prepare', second + 1, second + 2), ended('place-scripts', second + 2, second + 2)],
      containerStatuses: steps.map((name, index) => ended(name, second + 2, second + 4 + index)),
    } as Pod['status'],
  };
}

function pipelineTasks(): PipelineTask[] {
  return Array.from({ length: TASKS }, (_, index) => ({
    name: `t${index}`,
    ...(index > 0 && { runAfter: [`t${index - 1}`] }),
    params: [{ name: 'image', value: index > 0 ? `$(tasks.t${index - 1}.results.image)` : 'none' }],
  }));
}

const names = pipelineTasks().map(({ name }) => name);
const ran = names.slice(0, TASKS - SKIPPED).map((name, index) => {
  const made = taskRun(name, index);
  return { taskRun: made, pod: podOf(made, index) };
});
const run: PipelineRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: 'build', namespace: 'ci', uid: 'uid-build', creationTimestamp: at(0) },
  spec: {},
  status: {
    startTime: at(0),
    completionTime: at(2 * TASKS),
    conditions: [succeeded],
    pipelineSpec: { tasks: pipelineTasks() },
    skippedTasks: names.slice(TASKS - SKIPPED).map((name) => ({ name, reason: 'When Expressions evaluated to false' })),
  },
};

/** All spans of a run of a thousand tasks, of which a tenth is skipped, as they are built at its export. */
export function largeRunSpans(): SpanRecord[] {
  const own = { traceId: TRACE, spanId: ROOT, sampled: true };
  const tasks = ran.flatMap(({ taskRun: one, pod }) =>
    taskRunSpans({
      taskRun: one,
      own: { ...own, spanId: deriveSpanId(TRACE, 'task', one.metadata.uid ?? ''), parentSpanId: ROOT },
      pods: [pod],
      fold: true,
    }),
  );
  return [...tasks, ...pipelineRunSpans({ run, own, children: ran.map((one) => one.taskRun), below: [] })];
}
