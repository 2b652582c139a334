import { elapsedText } from './time.js';

/**
 * A wait: `210 ms`, `1.3 s`, `2 m 05 s`.
 * @param {number} ms
 */
export function short(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : elapsedText(ms);
}
