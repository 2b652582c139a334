/** The value that a label has for all values beyond its limit. */
export const OTHER = '_other';

/**
 * Returns a function that returns at most `max` different values unchanged, and `OTHER` for all others: users choose the names, and each value has
 * series of its own.
 */
export function limited(max: number): (value: string) => string {
  const values = new Set<string>();
  return (value) => {
    if (!values.has(value) && values.size >= max) return OTHER;
    values.add(value);
    return value;
  };
}
