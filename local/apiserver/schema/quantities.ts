const form = /^([+-]?)(\d*)(?:\.(\d*))?((?:[eEinumkKMGTP]+[-+]?\d*|[-+]\d*)?)$/;
const knownSuffix = /^(?:[numkMGTPE]|[KMGTPE]i|[eE][-+]?\d+)?$/;
const FORM_TEXT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SMALLEST_EXPONENT = -9;
/** The largest quantity. */
const MAX_POWER = 1000;

const decimals: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaries = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** The error in a quantity (resource.ParseQuantity); undefined if valid. */
export function quantityTextProblem(text: string): string | undefined {
  const suffix = text === '' ? undefined : form.exec(text)?.[4];
  if (suffix === undefined) return FORM_TEXT;
  return knownSuffix.test(suffix) ? undefined : "unable to parse quantity's suffix";
}

/** The same for a value in JSON, which may be a number or have spaces around it. */
export function quantityProblem(value: unknown): string | undefined {
  return quantityTextProblem((typeof value === 'string' ? value : JSON.stringify(value)).trim());
}

/** `mantissa` × 10^`exponent`. */
interface Decimal {
  mantissa: bigint;
  exponent: number;
}

/** Without trailing zeros, and rounded to billionths away from zero. */
function simplified({ mantissa, exponent }: Decimal): Decimal {
  let [rest, at] = [mantissa, exponent];
  if (at < SMALLEST_EXPONENT) {
    const unit = 10n ** BigInt(SMALLEST_EXPONENT - at);
    rest = rest / unit + (rest % unit === 0n ? 0n : rest < 0n ? -1n : 1n);
    at = SMALLEST_EXPONENT;
  }
  const digits = rest.toString();
  let end = digits.length;
  while (end > 1 && digits[end - 1] === '0') end--;
  rest = BigInt(digits.slice(0, end));
  at += digits.length - end;
  return { mantissa: rest, exponent: rest === 0n ? 0 : at };
}

/** Of a simplified value. */
function decimalText({ mantissa, exponent }: Decimal, isScientific: boolean): string {
  const scale = Math.floor(exponent / 3) * 3;
  const digits = (mantissa * 10n ** BigInt(exponent - scale)).toString();
  if (isScientific) return scale === 0 ? digits : `${digits}e${scale}`;
  const suffix = Object.entries(decimals).find(([, one]) => one === scale)?.[0];
  return suffix === undefined ? `${digits}e${scale}` : digits + suffix;
}

/** A parsed quantity: `mantissa` × 10^(`power` - `places`), in the format of its suffix. */
interface Reading {
  mantissa: bigint;
  power: number;
  /** Digits after the point. */
  places: number;
  suffix: 'decimal' | 'scientific' | 'binary';
}

function readingOf(text: string): Reading {
  const [, sign = '', whole = '', fraction = '', suffix = ''] = form.exec(text) ?? [];
  const digits = BigInt(whole + fraction || '0') * (sign === '-' ? -1n : 1n);
  const places = fraction.length;
  const step = binaries.indexOf(suffix);
  if (step > 0) return { mantissa: digits * 1024n ** BigInt(step), power: 0, places, suffix: 'binary' };
  return /^[eE][-+]?\d/.test(suffix)
    ? { mantissa: digits, power: Number(suffix.slice(1)), places, suffix: 'scientific' }
    : { mantissa: digits, power: decimals[suffix] ?? 0, places, suffix: 'decimal' };
}

/**
 * A quantity in billionths, exactly: there are no smaller ones. Powers of ten beyond 1000 count as 1000. Throws for an invalid quantity.
 */
export function quantityNanos(text: string): bigint {
  const problem = quantityTextProblem(text);
  if (problem !== undefined) throw new Error(problem);
  const { mantissa, power, places } = readingOf(text);
  const known = Math.max(-MAX_POWER, Math.min(power, MAX_POWER));
  const value = simplified({ mantissa, exponent: known - places });
  return value.mantissa * 10n ** BigInt(value.exponent - SMALLEST_EXPONENT);
}

/** The canonical form of a quantity (Quantity.CanonicalizeBytes): 0.5 is 500m, 1024Mi is 1Gi. Invalid ones stay unchanged. */
export function canonicalQuantity(text: string): string {
  const trimmed = text.trim();
  if (quantityTextProblem(trimmed) !== undefined) return text;
  const { mantissa, power, places, suffix } = readingOf(trimmed);
  if (Math.abs(power) > MAX_POWER) return text;
  const value = simplified({ mantissa, exponent: power - places });
  if (suffix !== 'binary') return decimalText(value, suffix === 'scientific');
  let whole = value.exponent >= 0 ? value.mantissa * 10n ** BigInt(value.exponent) : 0n;
  if (value.exponent < 0 || (whole > -1024n && whole < 1024n)) return decimalText(value, false);
  let step = 0;
  for (; step < binaries.length - 1 && whole % 1024n === 0n; step++) whole /= 1024n;
  return `${whole}${binaries[step] ?? ''}`;
}
