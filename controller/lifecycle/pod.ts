import type { Attributes } from '@opentelemetry/api';

import type { ContainerStatus, Pod } from '../../shared/kubernetes/pod.ts';
import { isStepContainer } from '../../shared/tekton/containers.ts';
import { mayStart } from '../../shared/tekton/pod-ready.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { hasUnknownEnd, ranOnce } from '../model/pod/unknown-end.ts';
import { allContainers } from '../model/pod/waiting.ts';
import type { Attempt } from './attempt.ts';
import { containerSpans } from './containers.ts';
import { conditionMs, podOffsetMs } from './node-clock.ts';
import { pullFailures } from './pull-failure.ts';
import { errorAttributes, statusOf } from './result.ts';
import type { Outcome } from './result.ts';
import { span } from './span.ts';
import type { TimedStep } from './step-times.ts';
import { raisedTo, epochMs, within } from './times.ts';

/**
 * When the node got the Pod. The API server writes PodScheduled in whole seconds. The kubelet's `startTime` is used if it is more exact and within
 * that second.
 */
function handoverMs(pod: Pod, offsetMs: number): number | undefined {
  const scheduled = conditionMs(pod, 'PodScheduled');
  const taken = epochMs(pod.status?.startTime);
  return scheduled === undefined ? undefined : raisedTo(scheduled, taken && taken + offsetMs);
}

/** Attributes and status of a wait that did not end normally: those of its cause `because`, else of the attempt's outcome. */
function unfinished(attempt: Attempt, because?: Outcome): Pick<SpanRecord, 'attributes' | 'status'> {
  const outcome = because ?? attempt.outcome;
  return { attributes: errorAttributes(outcome), status: statusOf(outcome) };
}

function unschedulable(pod: Pod): Outcome | undefined {
  const condition = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  return condition && { result: 'error', errorType: condition.reason ?? 'Unschedulable', message: condition.message };
}

/** The kubelet's reasons for a container that it can't create, or that always ends at once (a native sidecar, which it starts again). */
const NOT_STARTING = /^(CreateContainer|RunContainerError|CrashLoopBackOff)/;

/** What the kubelet says of a container for which the Pod waits: the message names what is missing, such as a Secret. */
function uncreated(pod: Pod): Outcome | undefined {
  const waits = allContainers(pod).map(({ state }) => state?.waiting);
  const wait = waits.find((one) => NOT_STARTING.test(one?.reason ?? '') && one?.message);
  return wait && { result: 'error', errorType: wait.reason ?? '', message: wait.message ?? '' };
}

const ids = (family: 'scheduling' | 'starting', { traceId, taskRunUid, number, parentSpanId }: Attempt) => ({
  traceId,
  spanId: deriveSpanId(traceId, family, taskRunUid, number),
  parentSpanId,
});

/** The span of the wait for a node: from the Pod's creation to its PodScheduled condition, else to the attempt's end. */
function schedulingSpan(pod: Pod, attempt: Attempt, offsetMs: number): SpanRecord[] {
  const from = epochMs(pod.metadata.creationTimestamp);
  if (from === undefined) return [];
  const until = handoverMs(pod, offsetMs);
  const node = pod.spec?.nodeName;
  const attributes: Attributes = {
    'k8s.pod.name': pod.metadata.name ?? '',
    ...(node !== undefined && { 'k8s.node.name': node }),
  };
  const end = until === undefined ? unfinished(attempt, unschedulable(pod)) : undefined;
  return [
    span(
      ids('scheduling', attempt),
      'pod scheduling',
      { startMs: from, endMs: until ?? attempt.endMs },
      { ...end, attributes: { ...attributes, ...end?.attributes } },
    ),
  ];
}

/** When the first step's command started; without steps in the TaskRun's status, when its container started, if it did not wait for sidecars. Undefined if none has. */
function firstStepMs(pod: Pod, steps: readonly TimedStep[], offsetMs: number): number | undefined {
  const began = steps.filter(({ fate }) => fate !== 'skipped').map(({ interval }) => interval.startMs);
  if (began.length > 0) return Math.min(...began);
  if (!mayStart(pod)) return undefined;
  const startOf = ({ state }: ContainerStatus): number | undefined =>
    epochMs(state?.running?.startedAt ?? state?.terminated?.startedAt);
  const containers = (pod.status?.containerStatuses ?? []).filter(({ name }) => isStepContainer(name));
  const starts = containers.map(startOf).filter((ms) => ms !== undefined);
  return starts.length > 0 ? Math.min(...starts) + offsetMs : undefined;
}

/**
 * The spans from the Pod's arrival on the node to its first step (sandbox, volumes, image pulls, init containers, sidecars, the entrypoint), and of
 * failed pulls.
 */
function startingSpans(pod: Pod, attempt: Attempt, steps: readonly TimedStep[], offsetMs: number): SpanRecord[] {
  const fromMs = handoverMs(pod, offsetMs);
  if (fromMs === undefined) return [];
  const untilMs = firstStepMs(pod, steps, offsetMs);
  // The kubelet has written over what the containers waited for, and no watch had brought it before.
  const isForgotten = (pod.status?.containerStatuses ?? []).some((one) => hasUnknownEnd(one) && !ranOnce(one));
  if (untilMs === undefined && isForgotten) return [];
  const end = untilMs === undefined ? unfinished(attempt, uncreated(pod)) : {};
  const interval = { startMs: fromMs, endMs: untilMs ?? attempt.endMs };
  return [
    span(ids('starting', attempt), 'pod starting', interval, end),
    ...pullFailures(pod, attempt, { fromMs, untilMs, offsetMs }),
  ];
}

/** The spans from a Pod: waits, init containers, sidecars. The first one has the offset of the node's clock in an attribute. */
export function podSpans(pod: Pod, attempt: Attempt, steps: readonly TimedStep[]): SpanRecord[] {
  const offsetMs = podOffsetMs(pod, attempt);
  const spans = [
    ...schedulingSpan(pod, attempt, offsetMs),
    ...startingSpans(pod, attempt, steps, offsetMs),
    ...containerSpans(pod, attempt, steps, offsetMs),
  ].map((built) => within(built, attempt));
  const [first, ...rest] = spans;
  if (!first || offsetMs === 0) return spans;
  return [{ ...first, attributes: { ...first.attributes, 'tektrace.clock_skew_ms': offsetMs } }, ...rest];
}
