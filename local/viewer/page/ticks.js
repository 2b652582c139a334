const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEPS_MS = [
  ...[0.001, 0.01, 0.1, 1, 10, 100, 1000].flatMap((unit) => [unit, 2 * unit, 5 * unit]),
  ...[10_000, 15_000, 30_000],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12, 24, 48, 96].map((hours) => hours * HOUR),
];

/** @param {number} ms */
function label(ms) {
  if (ms === 0) return '0';
  if (ms < 1) return `${Number((ms * 1000).toFixed(3))} µs`;
  if (ms < 1000) return `${Number(ms.toFixed(3))} ms`;
  if (ms < MINUTE) return `${Number((ms / 1000).toFixed(3))} s`;
  if (ms < HOUR) {
    const seconds = Math.round((ms % MINUTE) / 1000);
    return `${Math.floor(ms / MINUTE)} m${seconds ? ` ${seconds} s` : ''}`;
  }
  const minutes = Math.round((ms % HOUR) / MINUTE);
  return `${Math.floor(ms / HOUR)} h${minutes ? ` ${minutes} m` : ''}`;
}

/**
 * Round points in time for an axis.
 * @param {number} totalMs what the axis spans
 * @param {number} widthPx how wide it is drawn
 * @returns {{stepMs: number, ticks: {ms: number, label: string}[]}}
 */
export function axisTicks(totalMs, widthPx) {
  const most = Math.max(2, Math.floor(widthPx / 84));
  const stepMs = STEPS_MS.find((step) => totalMs / step <= most) ?? totalMs;
  const count = stepMs > 0 ? Math.floor(totalMs / stepMs) : 0;
  const ticks = Array.from({ length: count + 1 }, (_, index) => ({ ms: index * stepMs, label: label(index * stepMs) }));
  return { stepMs, ticks };
}
