import { isDeepStrictEqual } from 'node:util';

/** Equal as JSON, where a field that is undefined is none. */
export function sameJson(a: unknown, b: unknown): boolean {
  const [first, second] = [a, b].map((value): unknown => JSON.parse(JSON.stringify(value ?? null)));
  return isDeepStrictEqual(first, second);
}
