import type { Schema } from '../schema/schema.ts';

const token = /^(?:\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\])/;

/**
 * The schema of the field that a path names (`.spec.a`, and with `brackets` `.spec['a']`, too), or the error
 * (k8s.io/apiextensions-apiserver, ValidFieldPath).
 */
export function schemaAt(schema: Schema, path: string, brackets: boolean): Schema | string {
  let found = schema;
  for (let rest = path; rest !== '';) {
    const [whole, dotted, quoted] = token.exec(rest) ?? [];
    if (whole === undefined)
      return rest.startsWith('.') ? 'unexpected end of JSON path' : `expected [ or . but got: ${rest}`;
    if (quoted !== undefined && !brackets) return 'array notation is not allowed';
    const name = dotted ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? '';
    const { properties, additionalProperties } = found;
    const inner =
      properties === undefined && typeof additionalProperties === 'object' ? additionalProperties : properties?.[name];
    if (inner === undefined) return 'does not refer to a valid field';
    found = inner;
    rest = rest.slice(whole.length);
  }
  return found;
}

/** The same path as errors name it below a field: `.spec.a`, `.labels[a]` in a map. */
export function fieldPathOf(schema: Schema, path: string): string {
  let found: Schema | undefined = schema;
  let out = '';
  for (let rest = path; rest !== '';) {
    const [whole = rest, dotted, quoted] = token.exec(rest) ?? [];
    const name = dotted ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? '';
    const isMap: boolean = found?.properties === undefined && typeof found?.additionalProperties === 'object';
    out += isMap ? `[${name}]` : `${out === '' ? '' : '.'}${name}`;
    found = isMap ? (found?.additionalProperties as Schema) : found?.properties?.[name];
    rest = rest.slice(whole.length);
  }
  return out;
}
