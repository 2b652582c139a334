import type { ContainerStatus, Pod } from '../../shared/kubernetes/pod.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { isPullError } from '../model/pod/waiting.ts';
import type { Attempt } from './attempt.ts';
import { initialisedMs } from './node-clock.ts';
import { statusOf } from './result.ts';
import { span } from './span.ts';

/** The times of a Pod's start by the control plane's clock, in milliseconds since the epoch. */
export interface PodStart {
  /** When the node got the Pod. */
  fromMs: number;
  /** When its first step started; undefined when none has. */
  untilMs: number | undefined;
  /** Milliseconds to add to the node's times. */
  offsetMs: number;
}

function pullSpan(
  pod: Pod,
  status: ContainerStatus,
  attempt: Attempt,
  fromMs: number,
  parentSpanId: string,
): SpanRecord {
  const { reason, message } = status.state?.waiting ?? {};
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const image = containers.find(({ name }) => name === status.name)?.image ?? status.image ?? '';
  const { traceId, taskRunUid, number, endMs } = attempt;
  const ids = { traceId, spanId: deriveSpanId(traceId, 'pull', taskRunUid, number, status.name), parentSpanId };
  const attributes = {
    'k8s.container.name': status.name,
    'container.image.name': image,
    'error.type': reason ?? 'ErrImagePull',
  };
  const outcome = statusOf({ result: 'error', message: message ?? reason });
  return span(ids, `image pull ${image}`, { startMs: fromMs, endMs }, { attributes, status: outcome });
}

/**
 * The spans of pulls for which the Pod still waited when its TaskRun ended: from the Pod's arrival on the node, or the end of its init containers, to
 * the TaskRun's end. One for each image, because the kubelet reports it for each of its containers. Their parent is `pod starting`, unless a
 * step has started.
 */
export function pullFailures(pod: Pod, attempt: Attempt, { fromMs, untilMs, offsetMs }: PodStart): SpanRecord[] {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const fails = ({ state }: ContainerStatus): boolean => isPullError(state?.waiting?.reason);
  const initialised = initialisedMs(pod);
  const afterInit = initialised === undefined ? fromMs : Math.max(fromMs, initialised + offsetMs);
  const { traceId, taskRunUid, number, parentSpanId } = attempt;
  const parent = untilMs === undefined ? deriveSpanId(traceId, 'starting', taskRunUid, number) : parentSpanId;
  const spans = [
    ...initContainerStatuses.filter(fails).map((status) => pullSpan(pod, status, attempt, fromMs, parent)),
    ...containerStatuses.filter(fails).map((status) => pullSpan(pod, status, attempt, afterInit, parent)),
  ];
  return [...new Map(spans.reverse().map((one) => [one.name, one])).values()].reverse();
}
