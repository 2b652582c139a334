import type { Pod } from '../../shared/kubernetes/pod.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import type { PodEvent } from '../watch/essentials.ts';
import type { Attempt } from './attempt.ts';
import { podOffsetMs } from './node-clock.ts';
import { span } from './span.ts';
import { epochMs, within } from './times.ts';
import type { Interval } from './times.ts';

/** The kubelet's words (Kubernetes 1.24 to 1.36); an image that was there already has others. */
const PULLED =
  /^Successfully pulled image "(?<image>[^"]+)" in (?<took>[\dhmsµun.]+)(?: \((?<waited>[\dhmsµun.]+) including waiting\))?(?:.*Image size: (?<bytes>\d+) bytes)?/;

const UNIT_MS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, µs: 0.001, us: 0.001, ns: 1e-6 };

/** A duration as Go prints it (`1m2.5s`), in milliseconds; undefined for anything else. */
export function goDurationMs(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|µs|us|ns|h|m|s)/g)];
  if (parts.map(([part]) => part).join('') !== text || parts.length === 0) return undefined;
  return parts.reduce((sum, [, value, unit = '']) => sum + Number(value) * (UNIT_MS[unit] ?? 0), 0);
}

/** The container that an Event is about; empty if it is about the Pod. */
export const containerOf = ({ involvedObject }: PodEvent): string =>
  /^spec\.(?:initContainers|containers)\{(.+)\}$/.exec(involvedObject.fieldPath ?? '')?.[1] ?? '';

/** When an Event was first, and last, recorded; epoch milliseconds. */
export const firstMs = (event: PodEvent): number | undefined =>
  epochMs(event.firstTimestamp ?? event.eventTime ?? undefined);
export const lastMs = (event: PodEvent): number | undefined =>
  epochMs(event.lastTimestamp ?? event.eventTime ?? undefined);

interface Pull extends Interval {
  image: string;
  attempts: number;
  sizeBytes: number | undefined;
}

/**
 * From the first attempt to success. Events have whole seconds and the message a finer length, that of the last attempt: a single one lies where it ends
 * within the second of its end and starts no sooner than the second of its start.
 */
function pullOf(pulling: PodEvent, pulled: PodEvent): Pull | undefined {
  const [from, to] = [firstMs(pulling), lastMs(pulled)];
  const { image, took, waited, bytes } = PULLED.exec(pulled.message ?? '')?.groups ?? {};
  if (image === undefined || from === undefined || to === undefined || to < from) return undefined;
  const tookMs = goDurationMs(waited ?? took ?? '');
  const attempts = pulling.count ?? 1;
  const isExact = attempts === 1 && tookMs !== undefined && tookMs < to - from + 1000;
  const start = isExact ? Math.max(from, to - tookMs) : from;
  const sizeBytes = bytes === undefined ? undefined : Number(bytes);
  return { image, attempts, sizeBytes, startMs: start, endMs: isExact ? start + tookMs : to };
}

/** `registry/name:tag` without its digest, which is in an attribute. */
const shortImage = (image: string): string => image.replace(/@sha256:[0-9a-f]+$/, '');

function pullSpan(container: string, pull: Pull, attempt: Attempt, starting: SpanRecord | undefined): SpanRecord {
  const { traceId, taskRunUid, number } = attempt;
  // An image is pulled when its container's turn comes: those of later steps while the first one runs.
  const parent = starting && pull.startMs < starting.endMs ? starting : undefined;
  const ids = {
    traceId,
    spanId: deriveSpanId(traceId, 'pull', taskRunUid, number, container),
    parentSpanId: parent?.spanId ?? attempt.parentSpanId,
  };
  const attributes = {
    'k8s.container.name': container,
    'container.image.name': pull.image,
    ...(pull.sizeBytes !== undefined && { 'tektrace.image.size_bytes': pull.sizeBytes }),
    ...(pull.attempts > 1 && { 'tektrace.pull.attempts': pull.attempts }),
  };
  return within(span(ids, `image pull ${shortImage(pull.image)}`, pull, { attributes }), parent ?? attempt);
}

/**
 * One span for each image that was pulled for a container of the Pod. A span needs the Event of the start and that of the end. `spans` are those of the
 * Pod: `pod starting` may be the parent, and a pull that failed for good has its span already.
 */
export function pullSpans(
  pod: Pod,
  events: readonly PodEvent[],
  attempt: Attempt,
  spans: readonly SpanRecord[],
): SpanRecord[] {
  const { traceId, taskRunUid, number } = attempt;
  const startingId = deriveSpanId(traceId, 'starting', taskRunUid, number);
  const starting = spans.find(({ spanId }) => spanId === startingId);
  const offsetMs = podOffsetMs(pod, attempt);
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ name }) => name);
  return containers.flatMap((container) => {
    const own = events.filter((event) => containerOf(event) === container);
    const pulling = own.find(({ reason }) => reason === 'Pulling');
    const pulled = own.find(({ reason, message }) => reason === 'Pulled' && PULLED.test(message ?? ''));
    const pull = pulling && pulled && pullOf(pulling, pulled);
    if (!pull) return [];
    const moved = { ...pull, startMs: pull.startMs + offsetMs, endMs: pull.endMs + offsetMs };
    const built = pullSpan(container, moved, attempt, starting);
    return spans.some(({ spanId }) => spanId === built.spanId) ? [] : [built];
  });
}
