import type { Environment } from '@marcbachmann/cel-js';
import { findAll } from '../regular-expression.ts';

/** `%s`, `%d`, `%f` with digits, `%%`: the verbs of cel-go's string.format for scalars. */
const verb = /%(?:(%)|\.?(\d*)([a-zA-Z]))/g;

function shown(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value);
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  throw new Error('string clause can only be used on strings, bools, bytes, ints, doubles, timestamps and durations');
}

function format(template: string, values: unknown[]): string {
  let next = 0;
  return template.replaceAll(verb, (_all, percent: string | undefined, digits: string, letter: string) => {
    if (percent !== undefined) return '%';
    if (next >= values.length) throw new Error(`index ${next} out of range`);
    const value = values[next++];
    switch (letter) {
      case 's':
        return shown(value);
      case 'd':
        if (typeof value !== 'bigint') throw new Error('decimal clause can only be used on integers');
        return String(value);
      case 'f':
        return Number(value).toFixed(digits === '' ? 6 : Number(digits));
      default:
        throw new Error(`unrecognized formatting clause "${letter}"`);
    }
  });
}

function charAt(text: string, index: bigint): string {
  const characters = [...text];
  if (index < 0n || index > BigInt(characters.length)) throw new Error(`index out of range: ${index}`);
  return characters[Number(index)] ?? '';
}

/** Replaces up to `limit` times, without limit if it is negative. */
function replace(text: string, from: string, to: string, limit: bigint): string {
  if (limit < 0n) return text.replaceAll(from, () => to);
  let left = Number(limit);
  return text.replaceAll(from, (found) => (left-- > 0 ? to : found));
}

/** cel-go's string extension and Kubernetes' `find` and `findAll`, as far as the evaluator lacks them. */
export function addStrings(environment: Environment): void {
  environment
    .registerFunction('string.charAt(int): string', charAt)
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      replace(text, from, to, -1n),
    )
    .registerFunction('string.replace(string, string, int): string', replace)
    .registerFunction('string.format(list): string', format)
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => findAll(pattern, text, 1)[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
      findAll(pattern, text, -1),
    )
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
      findAll(pattern, text, Number(limit)),
    );
}
