const two = (/** @type {number} */ value) => String(value).padStart(2, '0');

/**
 * How long something has been going on: `12 s`, `3 m 05 s`, `2 h 05 m`.
 * @param {number} ms
 */
export function elapsedText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} m`;
}

/**
 * How long ago something was: `just now`, `40 s ago`, `3 h ago`, `2 days ago`.
 * @param {number} ms
 */
export function agoText(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

/**
 * How long a wait was, in few characters: `210 ms`, `1.3 s`, `2 m 05 s`.
 * @param {number} ms
 */
export function waitText(ms) {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return ms < 59_950 ? `${(ms / 1000).toFixed(1)} s` : elapsedText(Math.max(ms, 60_000));
}
