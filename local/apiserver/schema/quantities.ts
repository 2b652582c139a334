const form = /^([+-]?)(\d*)(?:\.(\d*))?((?:[eEinumkKMGTP]+[-+]?\d*|[-+]\d*)?)$/;
const knownSuffix = /^(?:[numkMGTPE]|[KMGTPE]i|[eE][-+]?\d+)?$/;
const FORM_TEXT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SMALLEST_EXPONENT = -9;
/** Of what is larger nobody has so much. */
const MAX_EXPONENT = 100;

const decimals: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaries = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Why a value is no quantity (resource.ParseQuantity); undefined where it is one. */
export function quantityProblem(value: unknown): string | undefined {
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).trim();
  const suffix = text === '' ? undefined : form.exec(text)?.[4];
  if (suffix === undefined) return FORM_TEXT;
  return knownSuffix.test(suffix) ? undefined : "unable to parse quantity's suffix";
}

/** `mantissa` × 10^`exponent`. */
interface Decimal {
  mantissa: bigint;
  exponent: number;
}

/** Without zeros at the end, and with nothing smaller than a billionth, which is rounded away from zero. */
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

function decimalText(value: Decimal, isScientific: boolean): string {
  const { mantissa, exponent } = simplified(value);
  const scale = Math.floor(exponent / 3) * 3;
  const digits = (mantissa * 10n ** BigInt(exponent - scale)).toString();
  if (isScientific) return scale === 0 ? digits : `${digits}e${scale}`;
  const suffix = Object.entries(decimals).find(([, one]) => one === scale)?.[0];
  return suffix === undefined ? `${digits}e${scale}` : digits + suffix;
}

/** The one form in which Kubernetes writes a quantity (Quantity.CanonicalizeBytes): 0.5 is 500m, 1024Mi is 1Gi. What is none stays. */
export function canonicalQuantity(text: string): string {
  const trimmed = text.trim();
  if (quantityProblem(trimmed) !== undefined) return text;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = form.exec(trimmed) ?? [];
  const digits = BigInt(whole + fraction || '0') * (sign === '-' ? -1n : 1n);
  const power = binaries.indexOf(suffix);
  if (power <= 0) {
    const isScientific = /^[eE][-+]?\d/.test(suffix);
    const scale = isScientific ? Number(suffix.slice(1)) : (decimals[suffix] ?? 0);
    if (Math.abs(scale) > MAX_EXPONENT) return text;
    return decimalText({ mantissa: digits, exponent: scale - fraction.length }, isScientific);
  }
  const scaled: Decimal = simplified({ mantissa: digits * 1024n ** BigInt(power), exponent: -fraction.length });
  const isWhole = scaled.exponent >= 0;
  let value = isWhole ? scaled.mantissa * 10n ** BigInt(scaled.exponent) : 0n;
  if (!isWhole || (value > -1024n && value < 1024n)) return decimalText(scaled, false);
  let at = 0;
  for (; at < binaries.length - 1 && value % 1024n === 0n; at++) value /= 1024n;
  return `${value}${binaries[at] ?? ''}`;
}
