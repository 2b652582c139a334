const two = (value: number): string => String(value).padStart(2, '0');

/** A duration for users: `340 ms`, `1.24 s`, `3 m 12 s`, `2 h 05 m`. */
export function formatDuration(ms: number): string {
  if (ms < 0.005) return '0 ms';
  if (ms < 9.995) return `${Number(ms.toFixed(2))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
}
