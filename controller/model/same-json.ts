import { isDeepStrictEqual } from 'node:util';

/** Whether two values are equal as JSON: an undefined field counts as absent. */
export function sameJson(a: unknown, b: unknown): boolean {
  const [first, second] = [a, b].map((value): unknown => JSON.parse(JSON.stringify(value ?? null)));
  return isDeepStrictEqual(first, second);
}
