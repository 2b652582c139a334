/**
 * The part of the axis that is shown, in milliseconds after the trace's start.
 * @typedef {{fromMs: number, toMs: number}} Range
 */

/** Closer than this, times have no meaning. */
const MIN_MS = 0.01;

/**
 * @param {Range} range
 * @param {number} totalMs
 * @returns {Range | undefined} undefined for all of it
 */
export function clamp({ fromMs, toMs }, totalMs) {
  const length = Math.max(MIN_MS, toMs - fromMs);
  if (length >= totalMs) return undefined;
  const start = Math.min(Math.max(0, fromMs), totalMs - length);
  return { fromMs: start, toMs: start + length };
}

/**
 * @param {Range} range
 * @param {number} factor 0.5 shows half as much
 * @param {number} at the place that stays where it is: 0 is the left edge, 1 the right one
 * @param {number} totalMs
 */
export function zoomed({ fromMs, toMs }, factor, at, totalMs) {
  const length = toMs - fromMs;
  const fixed = fromMs + at * length;
  const next = Math.max(MIN_MS, length * factor);
  return clamp({ fromMs: fixed - at * next, toMs: fixed + (1 - at) * next }, totalMs);
}

/**
 * @param {Range} range
 * @param {number} part of its length, to the right; negative to the left
 * @param {number} totalMs
 */
export function moved({ fromMs, toMs }, part, totalMs) {
  const by = part * (toMs - fromMs);
  return clamp({ fromMs: fromMs + by, toMs: toMs + by }, totalMs);
}

/**
 * Where an interval is drawn, in percent of the range's width; undefined if none of it is in the range.
 * @param {number} startMs
 * @param {number} endMs
 * @param {Range} range
 */
export function place(startMs, endMs, { fromMs, toMs }) {
  const length = toMs - fromMs;
  if (length <= 0) return { left: 0, width: 100 };
  const left = Math.max(0, ((startMs - fromMs) / length) * 100);
  const right = Math.min(100, ((endMs - fromMs) / length) * 100);
  return left > 100 || right < 0 ? undefined : { left, width: Math.max(0, right - left) };
}
