import type { Attributes } from '@opentelemetry/api';

import { SHORTEST_MS } from '../../shared/tracing/span-record.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';

const SECOND_MS = 1000;

/** The last millisecond of a second. */
export const LAST_MS = SECOND_MS - 1;

/** Up to this difference between the clocks of the control plane is rounding, not clock skew. */
export const SKEW_TOLERANCE_MS = SECOND_MS;

/** A time of the API in milliseconds since the epoch. Without a fraction it is `whole`: it may be any moment of its second. */
export interface Instant {
  ms: number;
  whole: boolean;
}

/** Parses a time. Undefined if it is absent or invalid, or for 1970 and the year 1, which runtimes and Go write for an unknown time. */
export function instant(time: string | undefined): Instant | undefined {
  if (time === undefined || time === '') return undefined;
  const ms = Date.parse(time);
  return Number.isNaN(ms) || ms <= 0 ? undefined : { ms, whole: !time.includes('.') };
}

/** The time plus `ms`. */
export function plusMs(time: Instant | undefined, ms: number): Instant | undefined {
  return time && { ...time, ms: time.ms + ms };
}

/** A time of the API in milliseconds since the epoch; undefined if it is unknown (`instant`). */
export function epochMs(time: string | undefined): number | undefined {
  return instant(time)?.ms;
}

/**
 * A whole second, raised within that second to the latest of the times that it must cover: an end without its fraction is not before a more exact
 * time in the same second. Other times are not changed.
 */
export function raisedTo(wholeMs: number, ...coversMs: (number | undefined)[]): number {
  const inItsSecond = coversMs.filter((ms) => ms !== undefined && ms > wholeMs && ms <= wholeMs + LAST_MS);
  return wholeMs % SECOND_MS === 0 ? Math.max(wholeMs, ...inItsSecond.map(Number)) : wholeMs;
}

/** Whether two times are in the same second. */
export function sameSecond(aMs: number, bMs: number): boolean {
  return Math.floor(aMs / SECOND_MS) === Math.floor(bMs / SECOND_MS);
}

/** The last millisecond of the second of `ms`. */
export function lastOfSecond(ms: number): number {
  return Math.floor(ms / SECOND_MS) * SECOND_MS + LAST_MS;
}

export interface Interval {
  startMs: number;
  endMs: number;
}

function cutAttributes(inner: Interval, cut: Interval): Attributes {
  const early = cut.startMs - inner.startMs;
  const late = inner.endMs - cut.endMs;
  // A start in whole seconds may be any moment of its second, so moving it within that second is no cut.
  const startIsCut = early > 0 && raisedTo(inner.startMs, cut.startMs) !== cut.startMs;
  return {
    ...((startIsCut || late > 0) && { 'tektrace.cut_to_parent': true }),
    ...(early > SKEW_TOLERANCE_MS && { 'tektrace.actual_start': new Date(inner.startMs).toISOString() }),
    ...(late > SKEW_TOLERANCE_MS && { 'tektrace.actual_end': new Date(inner.endMs).toISOString() }),
  };
}

/**
 * `inner`, cut to `outer`, never moved. Attributes report the cut, and the actual time if the difference is more than a second, because a child may
 * outlive its parent.
 */
export function cutTo(inner: Interval, outer: Interval): Interval & { attributes: Attributes } {
  const to = Math.max(inner.startMs, inner.endMs);
  const start = Math.min(Math.max(inner.startMs, outer.startMs), outer.endMs);
  const end = Math.min(Math.max(to, start), outer.endMs);
  const attributes = cutAttributes({ startMs: inner.startMs, endMs: to }, { startMs: start, endMs: end });
  // A span without length gets a microsecond when it is sent; at its parent's end it must start before that.
  const atTheEnd = start === end && end === outer.endMs && start > outer.startMs;
  return { startMs: atTheEnd ? start - SHORTEST_MS : start, endMs: end, attributes };
}

/** Milliseconds to add to `inner` so that it is inside `outer`; 0 if they overlap, or if the gap is at most a second. */
function skewMs(inner: Interval, outer: Interval): number {
  if (outer.startMs - inner.endMs > SKEW_TOLERANCE_MS) return outer.startMs - inner.startMs;
  if (inner.startMs - outer.endMs > SKEW_TOLERANCE_MS) return outer.endMs - inner.endMs;
  return 0;
}

/** The span, cut to its parent's time. */
export function within(span: SpanRecord, parent: Interval): SpanRecord {
  const { attributes, ...interval } = cutTo(span, parent);
  return { ...span, ...interval, attributes: { ...span.attributes, ...attributes } };
}

/**
 * The span, cut to its parent's time. If it is completely outside, by more than a second, another clock gave its times: it is first moved as a whole,
 * with the offset in an attribute.
 */
export function shiftedWithin(span: SpanRecord, parent: Interval): SpanRecord {
  const shift = skewMs(span, parent);
  if (shift === 0) return within(span, parent);
  const attributes = { ...span.attributes, 'tektrace.clock_skew_ms': shift };
  return within({ ...span, startMs: span.startMs + shift, endMs: span.endMs + shift, attributes }, parent);
}
