/** The formats of built-in times: in whole seconds, and in microseconds (Leases and newer Events). */
export const TIME = 'time';
export const MICRO_TIME = 'micro-time';

/** The parts of Go's layouts and their patterns. */
const date: [string, RegExp][] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d\d/],
  ['-', /^-/],
  ['02', /^\d\d/],
  ['T', /^T/],
  ['15', /^\d\d/],
  [':', /^:/],
  ['04', /^\d\d/],
  [':', /^:/],
];
const zone: [string, RegExp] = ['Z07:00', /^(Z|[+-]\d\d:\d\d)/];
const layouts: Record<string, [string, RegExp][]> = {
  // Go accepts a fraction that is not in the layout.
  [TIME]: [...date, ['05', /^\d\d(\.\d+)?/], zone],
  [MICRO_TIME]: [...date, ['05', /^\d\d/], ['.000000', /^\.\d{6}/], zone],
};

const layoutOf = (format: string): string => (layouts[format] ?? []).map(([part]) => part).join('');

function outOfRange(text: string): string | undefined {
  const [, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (text.match(/\d+/g) ?? []).map(Number);
  if (month < 1 || month > 12) return 'month';
  if (day < 1 || day > new Date(Date.UTC(Number(text.slice(0, 4)), month, 0)).getUTCDate()) return 'day';
  if (hour > 23) return 'hour';
  return minute > 59 ? 'minute' : second > 59 ? 'second' : undefined;
}

/** The error of Go's time.Parse; undefined for a valid time. */
export function goTimeProblem(format: string, text: string): string | undefined {
  let rest = text;
  for (const [part, pattern] of layouts[format] ?? []) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) {
      const shown = [text, layoutOf(format), rest, part].map((one) => JSON.stringify(one));
      return `parsing time ${shown[0]} as ${shown[1]}: cannot parse ${shown[2]} as ${shown[3]}`;
    }
    rest = rest.slice(found.length);
  }
  if (rest !== '') return `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`;
  const range = outOfRange(text);
  return range === undefined ? undefined : `parsing time ${JSON.stringify(text)}: ${range} out of range`;
}

/**
 * A time as stored: in UTC. A fraction stays, because the local node writes milliseconds; a kube-apiserver truncates to seconds. Invalid
 * times stay unchanged.
 */
export function storedTime(format: string, text: string): string {
  if (text.endsWith('Z') || goTimeProblem(format, text) !== undefined) return text;
  const fraction = /\.\d+/.exec(text)?.[0] ?? '';
  return `${new Date(Date.parse(text.replace(fraction, ''))).toISOString().slice(0, 19)}${fraction}Z`;
}
