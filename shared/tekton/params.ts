import { toParamValue, typeOfValue } from './param-value.ts';
import { allReferences } from './result-references.ts';
import { mergeReplacements, paramReplacements, substituteValue } from './substitution.ts';
import type { Param, ParamSpec, ParamType, ParamValue } from './types.ts';

/** A declaration's type: said, or that of its default, or an object's because it has properties, else string (upstream's defaults). */
export function typeOfParam({ type, default: value, properties }: ParamSpec): ParamType {
  if (type) return type;
  if (properties) return 'object';
  return value === undefined ? 'string' : typeOfValue(value);
}

const ownReferences = (value: ParamValue): string[] =>
  allReferences([value]).filter((reference) => /^params[.[]/.test(reference));

/**
 * What the params hold: the values given, then the defaults of those declared but not given. A default may refer to other params;
 * defaults that wait for each other keep their text. An object's missing keys come from its default.
 */
export function resolveParams(declared: readonly ParamSpec[] = [], given: readonly Param[] = []): Param[] {
  const byName = new Map(given.map(({ name, value }) => [name, { name, value: toParamValue(value) }]));
  const waiting = new Map<string, ParamValue>();
  for (const { name, default: fallback } of declared) {
    if (fallback === undefined) continue;
    const own = byName.get(name)?.value;
    const value = toParamValue(fallback);
    if (own === undefined) waiting.set(name, value);
    else if (typeOfValue(own) === 'object' && typeOfValue(value) === 'object') {
      byName.set(name, { name, value: { ...(value as Record<string, string>), ...(own as Record<string, string>) } });
    }
  }
  for (let progress = true; progress && waiting.size > 0;) {
    progress = false;
    const known = paramReplacements([...byName.values()]);
    for (const [name, value] of waiting) {
      const resolved = substituteValue(value, known);
      if (ownReferences(resolved).some((reference) => waitsFor(reference, waiting))) continue;
      byName.set(name, { name, value: resolved });
      waiting.delete(name);
      progress = true;
    }
  }
  for (const [name, value] of waiting) byName.set(name, { name, value });
  return [...byName.values()];
}

function waitsFor(reference: string, waiting: ReadonlyMap<string, ParamValue>): boolean {
  const candidates = mergeReplacements(paramReplacements([...waiting.keys()].map((name) => ({ name, value: '' }))));
  return Object.keys(candidates.strings).some(
    (name) => reference === name || reference.startsWith(`${name}[`) || reference.startsWith(`${name}.`),
  );
}

/** Names of params that are declared without a default and not given. */
export function missingParams(declared: readonly ParamSpec[] = [], given: readonly Param[] = []): string[] {
  const names = new Set(given.map(({ name }) => name));
  return declared
    .filter(({ name, default: fallback }) => fallback === undefined && !names.has(name))
    .map(({ name }) => name);
}

/** Names of params whose value has another type than declared; a string that refers to something may still become it. */
export function mistypedParams(declared: readonly ParamSpec[] = [], given: readonly Param[] = []): string[] {
  const types = new Map(declared.map((spec) => [spec.name, typeOfParam(spec)]));
  return given
    .filter(({ name, value }) => {
      const expected = types.get(name);
      if (expected === undefined || typeOfValue(value) === expected) return false;
      return !(typeof value === 'string' && allReferences([value]).length > 0);
    })
    .map(({ name }) => name);
}

/** For each object param, the declared keys that neither its default nor its value has: `name` → keys. */
export function missingObjectKeys(
  declared: readonly ParamSpec[] = [],
  given: readonly Param[] = [],
): Record<string, string[]> {
  const missing: Record<string, string[]> = {};
  for (const spec of declared) {
    if (typeOfParam(spec) !== 'object') continue;
    const value = given.find(({ name }) => name === spec.name)?.value;
    if (typeof value === 'string') continue;
    const provided = new Set([...Object.keys(spec.default ?? {}), ...Object.keys(value ?? {})]);
    const keys = Object.keys(spec.properties ?? {}).filter((key) => !provided.has(key));
    if (keys.length > 0) missing[spec.name] = keys;
  }
  return missing;
}

/** `name: value is not one of a, b` for each string param outside its declaration's enum. */
export function paramsOutsideEnum(declared: readonly ParamSpec[] = [], given: readonly Param[] = []): string[] {
  return declared.flatMap(({ name, enum: allowed }) => {
    const value = given.find((param) => param.name === name)?.value;
    if (!allowed?.length || typeof value !== 'string' || allowed.includes(value)) return [];
    return [`param ${name}: "${value}" is not one of ${allowed.join(', ')}`];
  });
}
