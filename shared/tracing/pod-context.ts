import type { V1Container, V1EnvVar, V1Pod } from '@kubernetes/client-node';

import { POD_BAGGAGE, POD_SPAN_CONTEXT, POD_TRACESTATE } from '../tekton/annotations.ts';
import { attemptOfPod, stepAnnotation } from '../tekton/names.ts';
import type { TaskRun } from '../tekton/types.ts';
import { formatTraceparent } from './carrier.ts';
import type { SpanCarrier } from './carrier.ts';
import { deriveSpanId } from './ids.ts';
import { taskRunSpan } from './run-context.ts';

/** The trace context of a TaskRun's Pod: annotations, and env entries that read them with the downward API. */
export interface PodTraceContext {
  annotations: Record<string, string>;
  /** Env entries to add, by index in `spec.containers`. */
  env: Map<number, V1EnvVar[]>;
}

const CONTEXT_VARIABLES = ['TRACEPARENT', 'TRACESTATE', 'BAGGAGE'];

function fromAnnotation(name: string, annotation: string): V1EnvVar {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.annotations['${annotation}']` } } };
}

/** A container that sets one of the variables gets none of ours: another traceparent with our tracestate would be wrong. */
function setsItsOwn(container: V1Container): boolean {
  return (container.env ?? []).some((variable) => CONTEXT_VARIABLES.includes(variable.name));
}

/**
 * The context of each container of a TaskRun's Pod: a step (`step-…`) gets its own span, every other container the task's. `task` is the
 * TaskRun's own span; `podName` has the number of the attempt.
 */
export function podTraceContext(
  pod: { podName: string | undefined; containers: V1Container[] },
  taskRunUid: string,
  task: SpanCarrier,
): PodTraceContext {
  const annotations: Record<string, string> = { [POD_SPAN_CONTEXT]: formatTraceparent(task) };
  const shared: V1EnvVar[] = [];
  if (task.tracestate !== undefined) {
    annotations[POD_TRACESTATE] = task.tracestate;
    shared.push(fromAnnotation('TRACESTATE', POD_TRACESTATE));
  }
  if (task.baggage !== undefined) {
    annotations[POD_BAGGAGE] = task.baggage;
    shared.push(fromAnnotation('BAGGAGE', POD_BAGGAGE));
  }
  const attempt = attemptOfPod(pod.podName);
  const env = new Map<number, V1EnvVar[]>();
  for (const [index, container] of pod.containers.entries()) {
    if (setsItsOwn(container)) continue;
    let annotation = POD_SPAN_CONTEXT;
    if (container.name.startsWith('step-')) {
      annotation = stepAnnotation(container.name);
      const spanId = deriveSpanId(task.traceId, 'step', taskRunUid, attempt, container.name);
      annotations[annotation] = formatTraceparent({ ...task, spanId });
    }
    env.set(index, [fromAnnotation('TRACEPARENT', annotation), ...shared]);
  }
  return { annotations, env };
}

/** The Pod with its trace context. Unchanged if the TaskRun has none. */
export function withTraceContext(pod: V1Pod, taskRun: TaskRun): V1Pod {
  const task = taskRunSpan(taskRun);
  const containers = pod.spec?.containers;
  if (!task || !pod.spec || !containers) return pod;
  const context = podTraceContext({ podName: pod.metadata?.name, containers }, taskRun.metadata.uid ?? '', task);
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations: { ...pod.metadata?.annotations, ...context.annotations } },
    spec: {
      ...pod.spec,
      containers: containers.map((container, index) => {
        const added = context.env.get(index);
        return added ? { ...container, env: [...(container.env ?? []), ...added] } : container;
      }),
    },
  };
}
