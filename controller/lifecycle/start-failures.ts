import { SpanStatusCode } from '@opentelemetry/api';

import type { Pod } from '../../shared/kubernetes/pod.ts';
import { isStepContainer, withoutPrefix } from '../../shared/tekton/containers.ts';
import { mayStart } from '../../shared/tekton/pod-ready.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { hasUnknownEnd } from '../model/pod/unknown-end.ts';
import type { PodEvent } from '../watch/essentials.ts';
import type { Attempt } from './attempt.ts';
import { podOffsetMs } from './node-clock.ts';
import { containerOf, firstMs, lastMs } from './pull.ts';
import { spanMessage } from './result.ts';
import { span } from './span.ts';
import { within } from './times.ts';

/** The Events of the attach/detach controller and the kubelet about what a Pod needs before its first step. */
const ATTACH = 'FailedAttachVolume';
const MOUNT = 'FailedMount';
const SANDBOX = 'FailedCreatePodSandBox';
const PROBE = 'Unhealthy';

/** Upstream starts the first step when each other container is ready. A liveness probe does not count for that. */
const NOT_READY = /^(?:Startup|Readiness) probe (?:failed|errored)/;

/** The name of the span for such an Event; undefined for any other Event. */
function nameOf(event: PodEvent): string | undefined {
  const { reason, message = '' } = event;
  if (reason === SANDBOX) return 'pod sandbox';
  const container = containerOf(event);
  if (reason === PROBE && NOT_READY.test(message) && container !== '' && !isStepContainer(container))
    return `readiness ${withoutPrefix(container)}`;
  if (reason !== MOUNT && reason !== ATTACH) return undefined;
  return `volume mount ${/volume "([^"]+)"/.exec(message)?.[1] ?? ''}`.trimEnd();
}

/** Whether a step was started. */
function hasStarted(pod: Pod): boolean {
  if (!mayStart(pod)) return false;
  const steps = (pod.status?.containerStatuses ?? []).filter(({ name }) => isStepContainer(name));
  return steps.some((one) => one.state?.running ?? (one.state?.terminated && !hasUnknownEnd(one)));
}

/**
 * One span for each volume that could not be mounted at once, for the Pod's sandbox, and for each sidecar that was not ready at once, below `pod starting`:
 * from the first failure to the last one. If the Pod has started no step, it is an Error and lasts until the attempt's end, because it still failed then.
 */
export function startFailures(
  pod: Pod,
  events: readonly PodEvent[],
  attempt: Attempt,
  starting: SpanRecord | undefined,
): SpanRecord[] {
  if (!starting) return [];
  const byName = Map.groupBy(events, nameOf);
  const offsetMs = podOffsetMs(pod, attempt);
  return [...byName].flatMap(([name, failures]) => {
    const known = failures.flatMap((event) => {
      const [from, to] = [firstMs(event), lastMs(event)];
      const moveMs = event.reason === ATTACH ? 0 : offsetMs;
      return from === undefined || to === undefined ? [] : [{ event, startMs: from + moveMs, endMs: to + moveMs }];
    });
    const last = known.toSorted((a, b) => a.endMs - b.endMs).at(-1);
    const startMs = Math.min(...known.map((one) => one.startMs));
    // A sidecar may fail its probes later, too.
    if (name === undefined || !last || startMs > starting.endMs) return [];
    const { reason } = last.event;
    const message = spanMessage(last.event.message ?? reason);
    const { traceId, taskRunUid, number } = attempt;
    const ids = { traceId, spanId: deriveSpanId(traceId, 'start failure', taskRunUid, number, name), parentSpanId: starting.spanId }; // prettier-ignore
    const interval = { startMs, endMs: hasStarted(pod) ? last.endMs : attempt.endMs };
    const rest = hasStarted(pod)
      ? { attributes: { 'tektrace.message': message } }
      : { attributes: { 'error.type': reason }, status: { code: SpanStatusCode.ERROR, message } };
    return [within(span(ids, name, interval, rest), starting)];
  });
}
