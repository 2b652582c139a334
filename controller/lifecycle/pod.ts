import { SpanStatusCode } from '@opentelemetry/api';
import type { ContainerStateTerminated, ContainerStatus, Pod } from '../../shared/kubernetes/pod.ts';

import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { span } from './span.ts';
import type { AttemptContext } from './steps.ts';
import { containerStart, endMs, startMs, within } from './times.ts';

function conditionTime(pod: Pod, type: string): string | undefined {
  const condition = pod.status?.conditions?.find((one) => one.type === type && one.status === 'True');
  return condition?.lastTransitionTime;
}

function startedAt(status: ContainerStatus): string | undefined {
  return containerStart(status.state?.terminated) ?? status.state?.running?.startedAt;
}

/** The start of the first container that is no init container; undefined while none has started. */
function firstStart(pod: Pod): string | undefined {
  const starts = (pod.status?.containerStatuses ?? []).map(startedAt).filter((time) => time !== undefined);
  return starts.sort()[0];
}

/**
 * When the node had the Pod. The API server writes PodScheduled in whole seconds; the kubelet's own `startTime` is within that second where
 * it is known finer.
 */
function handover(pod: Pod): { startMs: number; endMs: number } | undefined {
  const scheduled = conditionTime(pod, 'PodScheduled');
  const [from, to] = [startMs(scheduled), endMs(scheduled)];
  if (from === undefined || to === undefined) return undefined;
  const taken = startMs(pod.status?.startTime);
  if (taken !== undefined && taken > from && taken <= to) return { startMs: taken, endMs: taken };
  // `pod starting` takes over within the same second: the end of it would count that second twice.
  return { startMs: from, endMs: firstStart(pod) === undefined ? to : from };
}

/** Waiting for a node: from the Pod's creation to its PodScheduled condition. */
function schedulingSpan(pod: Pod, context: AttemptContext): SpanRecord[] {
  const from = startMs(pod.metadata.creationTimestamp);
  const until = handover(pod)?.endMs;
  if (from === undefined || until === undefined) return [];
  const ids = {
    traceId: context.traceId,
    spanId: deriveSpanId(context.traceId, 'scheduling', context.taskRunUid, context.attempt),
    parentSpanId: context.parentSpanId,
  };
  const node = pod.spec?.nodeName;
  const attributes = { 'k8s.pod.name': pod.metadata.name ?? '', ...(node !== undefined && { 'k8s.node.name': node }) };
  return [span(ids, 'pod scheduling', { startMs: from, endMs: Math.max(from, until) }, { attributes })];
}

/** From the node taking the Pod to its first container running: sandbox, volumes, image pulls, init containers. */
function startingSpan(pod: Pod, context: AttemptContext): SpanRecord[] {
  const from = handover(pod)?.startMs;
  const to = startMs(firstStart(pod));
  if (from === undefined || to === undefined) return [];
  const ids = {
    traceId: context.traceId,
    spanId: deriveSpanId(context.traceId, 'starting', context.taskRunUid, context.attempt),
    parentSpanId: context.parentSpanId,
  };
  return [span(ids, 'pod starting', { startMs: from, endMs: to })];
}

function initSpan(status: ContainerStatus, context: AttemptContext): SpanRecord[] {
  const { terminated } = status.state ?? {};
  const start = startMs(containerStart(terminated));
  const end = endMs(terminated?.finishedAt);
  if (!terminated || start === undefined || end === undefined) return [];
  const failed = terminated.exitCode !== 0;
  const attributes = {
    'k8s.container.name': status.name,
    'process.exit.code': terminated.exitCode,
    ...(failed && { 'error.type': terminated.reason ?? 'Error' }),
  };
  const outcome = failed
    ? { code: SpanStatusCode.ERROR, message: `exit code ${terminated.exitCode}` }
    : { code: SpanStatusCode.UNSET };
  const interval = { startMs: start, endMs: end };
  return [span(ids('init', status, context), `init ${status.name}`, interval, { attributes, status: outcome })];
}

const ids = (family: 'init' | 'sidecar', { name }: ContainerStatus, context: AttemptContext) => ({
  traceId: context.traceId,
  spanId: deriveSpanId(context.traceId, family, context.taskRunUid, context.attempt, name),
  parentSpanId: context.parentSpanId,
});

/** How a sidecar ended by itself, with the steps or before them; undefined for one that was stopped after them, or is still to be. */
function ownEnd(
  pod: Pod,
  { state, lastState }: ContainerStatus,
  stepsEndMs: number,
): ContainerStateTerminated | undefined {
  // It is stopped by an image that ends at once: then the state is of that, and its own is the one before.
  if (lastState?.terminated) return undefined;
  const end = endMs(state?.terminated?.finishedAt);
  if (end === undefined || end > stepsEndMs) return undefined;
  // Whole seconds don't tell the end with its deleted Pod from an end right before it.
  return end === stepsEndMs && pod.metadata.deletionTimestamp !== undefined ? undefined : state?.terminated;
}

/**
 * A sidecar that runs longer than the steps is stopped then, and may take its time: its span ends with the last step, says so, and says nothing
 * of what came later. So it is known when the steps have ended, and the same whenever it is built.
 */
function sidecarSpan(pod: Pod, status: ContainerStatus, context: AttemptContext): SpanRecord[] {
  const start = startMs(containerStart(status.lastState?.terminated) ?? startedAt(status));
  if (start === undefined) return [];
  const end = ownEnd(pod, status, context.stepsEndMs);
  const interval = { startMs: start, endMs: endMs(end?.finishedAt) ?? Math.max(start, context.stepsEndMs) };
  const attributes = {
    'k8s.container.name': status.name,
    ...(end ? { 'process.exit.code': end.exitCode } : { 'tektrace.outlived_steps': true }),
    ...(end && end.exitCode !== 0 && { 'error.type': end.reason ?? 'Error' }),
  };
  const name = `sidecar ${status.name.replace(/^sidecar-/, '')}`;
  // One that ended badly by itself fails its TaskRun (upstream: SidecarFailed).
  const outcome =
    end && end.exitCode !== 0
      ? { code: SpanStatusCode.ERROR, message: `exit code ${end.exitCode}` }
      : { code: SpanStatusCode.UNSET };
  return [span(ids('sidecar', status, context), name, interval, { attributes, status: outcome })];
}

/** The spans that a Pod tells: waits, init containers, sidecars. None once the Pod is gone. */
export function podSpans(pod: Pod, context: AttemptContext): SpanRecord[] {
  // A native sidecar is an init container that does not end.
  const isSidecar = (status: ContainerStatus): boolean => /^sidecar(-|$)/.test(status.name);
  const inits = (pod.status?.initContainerStatuses ?? []).filter((status) => !isSidecar(status));
  const sidecars = [
    ...(pod.status?.initContainerStatuses ?? []).filter(isSidecar),
    ...(pod.status?.containerStatuses ?? []).filter((status) => !status.name.startsWith('step-')),
  ];
  return [
    ...schedulingSpan(pod, context),
    ...startingSpan(pod, context),
    ...inits.flatMap((status) => initSpan(status, context)),
    ...sidecars.flatMap((status) => sidecarSpan(pod, status, context)),
  ].map((built) => within(built, context));
}
