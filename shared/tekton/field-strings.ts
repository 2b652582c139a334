/** A string somewhere in a spec, and the path of its field: `steps[0].env[1].value`. */
export interface FieldString {
  path: string;
  text: string;
}

/** All strings below `value`, with the paths of their fields below `path`. */
export function fieldStrings(value: unknown, path = ''): FieldString[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => fieldStrings(item, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => fieldStrings(item, path === '' ? key : `${path}.${key}`));
}
