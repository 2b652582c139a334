const SCALE: Record<string, number> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** A Kubernetes quantity (`500m`, `1Gi`, `2e3`) as a number. Throws for anything else. */
export function parseQuantity(text: string): number {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text);
  const scale = SCALE[match?.[2] ?? ''];
  if (!match || scale === undefined || Number.isNaN(Number(match[1])))
    throw new Error(`unable to parse quantity "${text}"`);
  return Number(match[1]) * scale;
}
