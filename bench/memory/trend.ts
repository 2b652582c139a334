/** A sample of a process: how many runs had ended, and what it used then. */
export interface Sample {
  runs: number;
  bytes: number;
}

/** The straight line with the least squared distance from the samples: bytes a run, and bytes at no run. Undefined for fewer than two. */
export function fit(samples: readonly Sample[]): { slope: number; start: number } | undefined {
  const count = samples.length;
  const mean = (of: (sample: Sample) => number): number => samples.reduce((sum, one) => sum + of(one), 0) / count;
  const [runs, bytes] = [mean((one) => one.runs), mean((one) => one.bytes)];
  const variance = samples.reduce((sum, one) => sum + (one.runs - runs) ** 2, 0);
  if (count < 2 || variance === 0) return undefined;
  const slope = samples.reduce((sum, one) => sum + (one.runs - runs) * (one.bytes - bytes), 0) / variance;
  return { slope, start: bytes - slope * runs };
}

/**
 * By which part the use grew from a quarter of the runs to the end, along the fitted line: 0.05 is 5 %. What comes before is warm-up.
 * Undefined when there are too few samples to say.
 */
export function growth(samples: readonly Sample[]): number | undefined {
  const last = samples.at(-1)?.runs ?? 0;
  const counted = samples.filter(({ runs }) => runs >= last / 4);
  const line = counted.length < 4 ? undefined : fit(counted);
  if (!line) return undefined;
  const from = line.start + (line.slope * last) / 4;
  return (line.start + line.slope * last - from) / from;
}
