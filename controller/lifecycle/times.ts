import type { Attributes } from '@opentelemetry/api';

import type { ContainerStateTerminated } from '../../shared/kubernetes/pod.ts';
import { SHORTEST_MS } from '../../shared/tracing/span-record.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';

const SECOND_MS = 1000;

/** Clocks of nodes and API server differ; up to this much is rounding, not skew. */
const SKEW_TOLERANCE_MS = 1000;

const hasFraction = (time: string): boolean => time.includes('.');

/** Where an interval starts: a time in whole seconds counts from the beginning of its second. Undefined when there is none. */
export function startMs(time: string | undefined): number | undefined {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

/** Where an interval ends: a time in whole seconds counts to the end of its second, because that is all that is known. */
export function endMs(time: string | undefined): number | undefined {
  const ms = startMs(time);
  return ms === undefined || hasFraction(time ?? '') ? ms : ms + SECOND_MS - 1;
}

/**
 * When a container started. The runtime gives 1970 as the start of one that it could not start (StartError, from containerd as from the
 * embedded node): it starts and ends when that failed.
 */
export function containerStart(
  terminated: Pick<ContainerStateTerminated, 'startedAt' | 'finishedAt'> | undefined,
): string | undefined {
  return startMs(terminated?.startedAt) === 0 ? terminated?.finishedAt : terminated?.startedAt;
}

export interface Interval {
  startMs: number;
  endMs: number;
}

/**
 * `inner`, cut to `outer`, with attributes that say so. What lies outside by more than a second is another clock's time: it is
 * shifted in as a whole first, and the skew is given.
 */
export function cutTo(inner: Interval, outer: Interval): Interval & { attributes: Attributes } {
  const attributes: Attributes = {};
  let { startMs: from, endMs: to } = inner;
  to = Math.max(from, to);
  const early = outer.startMs - from;
  const late = to - outer.endMs;
  const skewMs = early > SKEW_TOLERANCE_MS ? early : late > SKEW_TOLERANCE_MS ? -late : 0;
  if (skewMs !== 0) {
    attributes['tektrace.clock_skew_ms'] = skewMs;
    from += skewMs;
    to += skewMs;
  }
  let start = Math.min(Math.max(from, outer.startMs), outer.endMs);
  const end = Math.min(Math.max(to, start), outer.endMs);
  if (start !== from || end !== to) attributes['tektrace.cut_to_parent'] = true;
  // A span without length is given some when it is sent: at the end of its parent that has to be before it.
  if (start === end && end === outer.endMs && start > outer.startMs) start -= SHORTEST_MS;
  return { startMs: start, endMs: end, attributes };
}

/** The span, cut to its parent's time. */
export function within(span: SpanRecord, parent: Interval): SpanRecord {
  const { attributes, ...interval } = cutTo(span, parent);
  return { ...span, ...interval, attributes: { ...span.attributes, ...attributes } };
}
