/** Values of CEL, as @marcbachmann/cel-js has them: int is bigint, map is Map. */

import { isObject } from '../object.ts';

/** A JSON value as a CEL one: whole numbers are int as in a kube-apiserver, others double; objects are maps. */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  // The evaluator recognizes lists by this realm's Array.
  if (Array.isArray(value)) return Array.from(value, toCel);
  if (!isObject(value)) return value;
  return new Map(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, toCel(item)]),
  );
}

/** Converts a value at its first use. */
export function lazily(convert: (value: unknown) => unknown, value: unknown): () => unknown {
  let made: { value: unknown } | undefined;
  return () => (made ??= { value: convert(value) }).value;
}

/** An object of values from `lazily`: a field that can't be converted fails only the expressions that use it. */
export class LazyFields extends Map<string, unknown> {
  override get(name: string): unknown {
    return (super.get(name) as (() => unknown) | undefined)?.();
  }

  override *[Symbol.iterator](): MapIterator<[string, unknown]> {
    for (const name of this.keys()) yield [name, this.get(name)];
    return undefined;
  }
}

/** Entries of a CEL map, which is a Map or, written as a literal, an object. */
function entriesOf(value: object): [unknown, unknown][] {
  return value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
}

/** CEL's `==` for values of the same type. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => equalValues(item, b[index]))
    );
  if (typeof a.valueOf() !== 'object' || typeof b.valueOf() !== 'object') return a.valueOf() === b.valueOf();
  const other = new Map(entriesOf(b));
  const own = entriesOf(a);
  return own.length === other.size && own.every(([key, item]) => other.has(key) && equalValues(item, other.get(key)));
}

/** CEL's order of two numbers, strings, times or durations: negative where `a` comes first. */
export function compareValues(a: unknown, b: unknown): number {
  const [left, right] = [a, b].map((value) =>
    typeof value === 'object' && value !== null ? (value.valueOf() as unknown) : value,
  ) as [string, string];
  return left < right ? -1 : left > right ? 1 : 0;
}
