import type { Attributes, SpanStatus } from '@opentelemetry/api';
import { SpanStatusCode } from '@opentelemetry/api';

import type { ContainerState, ContainerStateTerminated, ContainerStatus, Pod } from '../../shared/kubernetes/pod.ts';
import { hasFailed } from '../../shared/tekton/step-end.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { isStepContainer } from '../../shared/tekton/containers.ts';
import { isNativeSidecar } from '../model/pod/native-sidecar.ts';
import { hasUnknownEnd } from '../model/pod/unknown-end.ts';
import type { Attempt } from './attempt.ts';
import { errorAttributes, spanMessage, statusOf } from './result.ts';
import { span } from './span.ts';
import type { TimedStep } from './step-times.ts';
import { instant, plusMs, LAST_MS, epochMs } from './times.ts';

const ids = (
  family: 'init' | 'sidecar',
  { name }: ContainerStatus,
  { traceId, taskRunUid, number, parentSpanId }: Attempt,
) => ({ traceId, spanId: deriveSpanId(traceId, family, taskRunUid, number, name), parentSpanId });

/** The start of a container. One that did not run (`StartError`) has none: then it is the time of its end. */
function startOf(terminated: ContainerStateTerminated | undefined): number | undefined {
  return epochMs(terminated?.startedAt) ?? epochMs(terminated?.finishedAt);
}

function exit(terminated: ContainerStateTerminated): {
  attributes: Attributes;
  status: SpanStatus;
} {
  const { exitCode, reason, message, startedAt } = terminated;
  const failed = hasFailed(terminated);
  const why = (epochMs(startedAt) === undefined && message) || `exit code ${exitCode}`;
  return {
    attributes: { 'process.exit.code': exitCode, ...(failed && { 'error.type': reason ?? 'Error' }) },
    status: failed ? { code: SpanStatusCode.ERROR, message: spanMessage(why) } : { code: SpanStatusCode.UNSET },
  };
}

/** Whether a container ended badly because its TaskRun was ended, and its Pod with it: not before that, by whole seconds. */
function wasStopped({ exitCode, finishedAt }: ContainerStateTerminated, attempt: Attempt, offsetMs: number): boolean {
  const end = plusMs(instant(finishedAt), offsetMs);
  const endedByController = ['timeout', 'cancellation'].includes(attempt.outcome.result);
  return exitCode !== 0 && endedByController && end !== undefined && end.ms + LAST_MS >= attempt.endMs;
}

/** The span of an init container that has ended. One that starts after its TaskRun's end has none. */
function initSpan(status: ContainerStatus, attempt: Attempt, offsetMs: number): SpanRecord[] {
  const { terminated } = status.state ?? {};
  const [start, end] = [startOf(terminated), epochMs(terminated?.finishedAt)];
  if (!terminated || start === undefined || end === undefined || start + offsetMs > attempt.endMs) return [];
  const { attributes, status: outcome } = wasStopped(terminated, attempt, offsetMs)
    ? { attributes: errorAttributes(attempt.outcome), status: statusOf(attempt.outcome) }
    : exit(terminated);
  return [
    span(
      ids('init', status, attempt),
      `init ${status.name}`,
      { startMs: start + offsetMs, endMs: end + offsetMs },
      { attributes: { 'k8s.container.name': status.name, ...attributes }, status: outcome },
    ),
  ];
}

interface Sidecar {
  status: ContainerStatus;
  isNative: boolean;
}

/**
 * The state of a sidecar's own container. The nop image stops a sidecar: the state is then the nop image's, and the sidecar's is the previous one. The
 * kubelet starts a native sidecar again that ends too early: then the span is that of its last run. If it still waits for the next one when its Pod ends, its
 * end is unknown.
 */
function ownState({ status, isNative }: Sidecar): ContainerState {
  const { state, lastState } = status;
  const waits = state?.waiting !== undefined || hasUnknownEnd(status);
  const isReplaced = isNative ? waits : lastState?.terminated !== undefined;
  return (isReplaced ? lastState : state) ?? {};
}

/** A sidecar's state if it ended by itself, with the steps or before them; undefined if it was or will be stopped after them. */
function ownEnd(
  pod: Pod,
  sidecar: Sidecar,
  stepsEndMs: number,
  offsetMs: number,
): ContainerStateTerminated | undefined {
  const { status, isNative } = sidecar;
  // The end of a sidecar that the nop image replaced was no end of its own.
  if (!isNative && status.lastState?.terminated) return undefined;
  const { terminated } = ownState(sidecar);
  const end = plusMs(instant(terminated?.finishedAt), offsetMs);
  if (end === undefined || end.ms > stepsEndMs) return undefined;
  // In whole seconds, an end right before the steps' and one right after it (by the Pod's deletion, or by the kubelet) are equal.
  const mayBeLater = end.ms + (end.whole ? LAST_MS : 0) >= stepsEndMs;
  return mayBeLater && (isNative || pod.metadata.deletionTimestamp !== undefined) ? undefined : terminated;
}

/**
 * The span of a sidecar. A sidecar that runs longer than the steps is stopped then, which may take time: its span ends with the last step, has an
 * attribute for it, and nothing of later events. So it is final when the steps have ended.
 */
function sidecarSpan(pod: Pod, sidecar: Sidecar, attempt: Attempt, stepsEndMs: number, offsetMs: number): SpanRecord[] {
  const { status, isNative } = sidecar;
  const { terminated, running } = ownState(sidecar);
  const started = startOf(terminated) ?? epochMs(running?.startedAt);
  if (started === undefined) return [];
  const start = started + offsetMs;
  const own = ownEnd(pod, sidecar, stepsEndMs, offsetMs);
  const end = own ? epochMs(own.finishedAt) : undefined;
  const name = `sidecar ${status.name.replace(/^sidecar-/, '')}`;
  const { restartCount = 0 } = status;
  // A sidecar that failed by itself fails its TaskRun (upstream: SidecarFailed).
  const { attributes, status: outcome } = own
    ? exit(own)
    : { attributes: { 'tektrace.outlived_steps': true }, status: { code: SpanStatusCode.UNSET } };
  const restarts = isNative && restartCount > 0 && { 'tektrace.restarts': restartCount };
  return [
    span(
      ids('sidecar', status, attempt),
      name,
      { startMs: start, endMs: Math.max(start, end === undefined ? stepsEndMs : end + offsetMs) },
      { attributes: { 'k8s.container.name': status.name, ...restarts, ...attributes }, status: outcome },
    ),
  ];
}

/** The spans of a Pod's containers except steps: finished init containers, and started sidecars. */
export function containerSpans(
  pod: Pod,
  attempt: Attempt,
  steps: readonly TimedStep[],
  offsetMs: number,
): SpanRecord[] {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const stepEnds = steps.map(({ interval }) => interval.endMs);
  const stepsEndMs = stepEnds.length === 0 ? attempt.endMs : Math.min(attempt.endMs, Math.max(...stepEnds));
  const sidecars = [
    ...initContainerStatuses
      .filter((status) => isNativeSidecar(pod, status))
      .map((status) => ({ status, isNative: true })),
    ...containerStatuses.filter(({ name }) => !isStepContainer(name)).map((status) => ({ status, isNative: false })),
  ];
  return [
    ...initContainerStatuses
      .filter((status) => !isNativeSidecar(pod, status))
      .flatMap((status) => initSpan(status, attempt, offsetMs)),
    ...sidecars.flatMap((sidecar) => sidecarSpan(pod, sidecar, attempt, stepsEndMs, offsetMs)),
  ];
}
