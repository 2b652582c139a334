/**
 * How long something has been running: `8 s`, `3 m 12 s`, `1 h 05 m`.
 * @param {number} ms
 */
export function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} m`;
}

/**
 * A wait: `210 ms`, `1.3 s`, `2 m 05 s`.
 * @param {number} ms
 */
export function short(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : elapsed(ms);
}
