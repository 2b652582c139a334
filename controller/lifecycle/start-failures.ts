import { SpanStatusCode } from '@opentelemetry/api';

import type { Pod } from '../../shared/kubernetes/pod.ts';
import { isStepContainer } from '../../shared/tekton/containers.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { hasUnknownEnd } from '../model/pod/unknown-end.ts';
import type { PodEvent } from '../watch/essentials.ts';
import type { Attempt } from './attempt.ts';
import { podOffsetMs } from './node-clock.ts';
import { firstMs, lastMs } from './pull.ts';
import { span } from './span.ts';
import { within } from './times.ts';

/** The Events of the attach/detach controller and the kubelet about what a Pod needs before its containers. */
const ATTACH = 'FailedAttachVolume';
const MOUNT = 'FailedMount';
const SANDBOX = 'FailedCreatePodSandBox';

/** The name of the span for such an Event; undefined for any other Event. */
function nameOf({ reason, message = '' }: PodEvent): string | undefined {
  if (reason === SANDBOX) return 'pod sandbox';
  if (reason !== MOUNT && reason !== ATTACH) return undefined;
  return `volume mount ${/volume "([^"]+)"/.exec(message)?.[1] ?? ''}`.trimEnd();
}

/** Whether the container of a step was started. */
function hasStarted(pod: Pod): boolean {
  const steps = (pod.status?.containerStatuses ?? []).filter(({ name }) => isStepContainer(name));
  return steps.some((one) => one.state?.running ?? (one.state?.terminated && !hasUnknownEnd(one)));
}

/**
 * One span for each volume that could not be mounted at once, and for the Pod's sandbox, below `pod starting`: from the first failure to the last one. If the
 * Pod has started no step, it is an Error and lasts until the attempt's end, because it still failed then.
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
    if (name === undefined || !last) return [];
    const { reason, message = reason } = last.event;
    const { traceId, taskRunUid, number } = attempt;
    const ids = { traceId, spanId: deriveSpanId(traceId, 'start failure', taskRunUid, number, name), parentSpanId: starting.spanId }; // prettier-ignore
    const startMs = Math.min(...known.map((one) => one.startMs));
    const interval = { startMs, endMs: hasStarted(pod) ? last.endMs : attempt.endMs };
    const rest = hasStarted(pod)
      ? { attributes: { 'tektrace.message': message } }
      : { attributes: { 'error.type': reason }, status: { code: SpanStatusCode.ERROR, message } };
    return [within(span(ids, name, interval, rest), starting)];
  });
}
