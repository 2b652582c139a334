/** The share of runs that are sampled, between 0 and 1, with other shares for some namespaces. */
export interface Sampling {
  ratio: number;
  namespaces?: Record<string, number>;
}

/** The last 7 bytes of a trace id are random (W3C Trace Context Level 2), so a share of their range is a share of the traces. */
const RANDOM_RANGE = 2 ** 56;

/** Whether a run is sampled. Decided once, at admission; the same trace id gives the same result in every process. */
export function shouldSample(sampling: Sampling, traceId: string, namespace: string): boolean {
  // A namespace may have the name `constructor`.
  const own = Object.hasOwn(sampling.namespaces ?? {}, namespace) ? sampling.namespaces?.[namespace] : undefined;
  const ratio = own ?? sampling.ratio;
  return Number.parseInt(traceId.slice(-14), 16) < ratio * RANDOM_RANGE;
}
