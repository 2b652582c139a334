import type { Attributes } from '@opentelemetry/api';

import { SHORTEST_MS } from '../../shared/tracing/span-record.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';

const SECOND_MS = 1000;

/** The last millisecond of a second. */
export const LAST_MS = SECOND_MS - 1;

/** Clocks of the control plane's machines differ; up to this much is rounding, not skew. */
export const SKEW_TOLERANCE_MS = SECOND_MS;

/** A time as the API has it: epoch milliseconds. Without a fraction it is `whole`, and stands for any moment of its second. */
export interface Instant {
  ms: number;
  whole: boolean;
}

/** Undefined for what is absent or no time, and for the epoch: runtimes and Go write 1970 or the year 1 where they know of no time. */
export function instant(time: string | undefined): Instant | undefined {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) || ms <= 0 ? undefined : { ms, whole: !time?.includes('.') };
}

/** The same time by another clock, which is that much ahead. */
export function later(time: Instant | undefined, byMs: number): Instant | undefined {
  return time && { ...time, ms: time.ms + byMs };
}

/** Epoch milliseconds, a whole second as written; undefined when the time is unknown. */
export function startMs(time: string | undefined): number | undefined {
  return instant(time)?.ms;
}

/**
 * A whole second, raised within that second to the latest of the times that it has to cover: an end whose fraction was cut off is not before a time
 * in the same second that is known finer. All else stays.
 */
export function raisedTo(wholeMs: number, ...coversMs: (number | undefined)[]): number {
  const inItsSecond = coversMs.filter((ms) => ms !== undefined && ms > wholeMs && ms <= wholeMs + LAST_MS);
  return wholeMs % SECOND_MS === 0 ? Math.max(wholeMs, ...inItsSecond.map(Number)) : wholeMs;
}

/** Whether the two are in the same second. */
export function sameSecond(aMs: number, bMs: number): boolean {
  return Math.floor(aMs / SECOND_MS) === Math.floor(bMs / SECOND_MS);
}

/** The last millisecond of that second. */
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
  // A start in whole seconds may be any moment of its second: one in that second is no cut.
  const startIsCut = early > 0 && raisedTo(inner.startMs, cut.startMs) !== cut.startMs;
  return {
    ...((startIsCut || late > 0) && { 'tektrace.cut_to_parent': true }),
    ...(early > SKEW_TOLERANCE_MS && { 'tektrace.actual_start': new Date(inner.startMs).toISOString() }),
    ...(late > SKEW_TOLERANCE_MS && { 'tektrace.actual_end': new Date(inner.endMs).toISOString() }),
  };
}

/**
 * `inner`, cut to `outer`; never moved. Attributes say that it was cut, and what its time was where that is more than a second: what outlives its
 * parent may do so.
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

/** By how much an interval lies outside another, in milliseconds to add: 0 when they meet, or miss each other by no more than a second. */
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
 * The span, cut to its parent's time. What lies wholly outside of it, by more than a second, has another clock's times: it is shifted in first, with
 * its length, and the shift is said.
 */
export function shiftedWithin(span: SpanRecord, parent: Interval): SpanRecord {
  const shift = skewMs(span, parent);
  if (shift === 0) return within(span, parent);
  const attributes = { ...span.attributes, 'tektrace.clock_skew_ms': shift };
  return within({ ...span, startMs: span.startMs + shift, endMs: span.endMs + shift, attributes }, parent);
}
