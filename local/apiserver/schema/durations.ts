const goForm = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const goPart = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g;
const wordPart = /(?<!\d)(\d+)[\t\n\f\r ]*([A-Za-zµ]+)/g;
const MAX_INT64 = 2n ** 63n - 1n;
/** Smaller values are less than a nanosecond in any unit. */
const FRACTION_DIGITS = 18;

const nanos: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  hr: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
  wk: 604_800_000_000_000n,
};
/** The beginnings of units that are written out. */
const words: [string, string][] = [
  ['nano', 'ns'],
  ['micro', 'us'],
  ['milli', 'ms'],
  ['sec', 's'],
  ['min', 'm'],
  ['hour', 'h'],
  ['day', 'd'],
  ['week', 'w'],
];

function goDuration(text: string): bigint | undefined {
  if (!goForm.test(text)) return undefined;
  let sum = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(goPart)) {
    const digits = fraction.slice(0, FRACTION_DIGITS);
    sum += (BigInt(whole + digits) * (nanos[unit] ?? 0n)) / 10n ** BigInt(digits.length);
  }
  if (sum > MAX_INT64) return undefined;
  return text.startsWith('-') ? -sum : sum;
}

function unitOf(name: string): bigint | undefined {
  if (Object.hasOwn(nanos, name)) return nanos[name];
  const unit = words.find(([start]) => name.startsWith(start))?.[1];
  return unit === undefined ? undefined : nanos[unit];
}

/**
 * The nanoseconds of a duration as kube-apiserver reads it (kube-openapi, strfmt.ParseDuration): in Go's form (`1h30m`), else the sum of
 * all numbers with a unit in the text (`3 days`). Undefined if invalid.
 */
export function durationNanos(text: string): bigint | undefined {
  const exact = goDuration(text);
  if (exact !== undefined) return exact;
  let sum: bigint | undefined;
  for (const [, digits = '', name = ''] of text.matchAll(wordPart)) {
    const count = BigInt(digits);
    if (count > MAX_INT64) return undefined;
    const unit = unitOf(name.toLowerCase());
    // Overflows wrap around, as in Go.
    if (unit !== undefined) sum = BigInt.asIntN(64, (sum ?? 0n) + count * unit);
  }
  return sum;
}
