const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEPS_MS = [
  ...[0.001, 0.01, 0.1, 1, 10, 100, 1000].flatMap((unit) => [unit, 2 * unit, 5 * unit]),
  ...[10_000, 15_000, 30_000],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12, 24, 48, 96].map((hours) => hours * HOUR),
];

/** The width of a label's character, and the room between labels: on a wide axis more. */
const CHARACTER_PX = 7;
const gapPx = (/** @type {number} */ widthPx) => Math.min(48, 10 + widthPx / 16);
/** A label that would reach beyond the axis is left out. */
const PADDING_PX = 5;

/** @param {number} ms */
function label(ms) {
  if (ms === 0) return '0';
  if (ms < 1) return `${Number((ms * 1000).toFixed(3))} µs`;
  if (ms < 1000) return `${Number(ms.toFixed(3))} ms`;
  if (ms < MINUTE) return `${Number((ms / 1000).toFixed(3))} s`;
  if (ms < HOUR) {
    const seconds = Number(((ms % MINUTE) / 1000).toFixed(3));
    return `${Math.floor(ms / MINUTE)} m${seconds ? ` ${seconds} s` : ''}`;
  }
  const minutes = Math.round((ms % HOUR) / MINUTE);
  return `${Math.floor(ms / HOUR)} h${minutes ? ` ${minutes} m` : ''}`;
}

/**
 * Round points in time for an axis, as many as their labels have room for.
 * @param {import('./range.js').Range} range what the axis spans
 * @param {number} widthPx how wide it is drawn
 * @returns {{stepMs: number, ticks: {ms: number, label: string}[]}}
 */
export function axisTicks({ fromMs, toMs }, widthPx) {
  const length = toMs - fromMs;
  const gap = gapPx(widthPx);
  const at = (/** @type {number} */ stepMs) => {
    const first = Math.ceil(fromMs / stepMs - 1e-9);
    const count = Math.max(0, Math.floor((toMs - first * stepMs) / stepMs + 1e-9) + 1);
    return Array.from({ length: count }, (_, index) => ({
      ms: (first + index) * stepMs,
      label: label((first + index) * stepMs),
    }));
  };
  const widthOf = (/** @type {string} */ text) => text.length * CHARACTER_PX;
  const fits = (/** @type {number} */ stepMs) =>
    (length / stepMs) * (widthOf('0 ms') + gap) <= widthPx &&
    at(stepMs).every((tick) => widthOf(tick.label) + gap <= (stepMs / length) * widthPx);
  const stepMs = length > 0 ? (STEPS_MS.find((step) => length / step <= widthPx && fits(step)) ?? length) : 0;
  if (stepMs === 0) return { stepMs, ticks: [{ ms: 0, label: '0' }] };
  const inside = (/** @type {{ms: number, label: string}} */ { ms, label: text }) =>
    ((ms - fromMs) / length) * widthPx + widthOf(text) + PADDING_PX <= widthPx;
  return { stepMs, ticks: at(stepMs).filter(inside) };
}
