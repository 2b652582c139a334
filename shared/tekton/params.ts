import { findCycle, topologicalOrder } from './graph.ts';
import { toParamValue, typeOfParam, typeOfValue } from './param-value.ts';
import { dotted } from './reference-scope.ts';
import { allReferences } from './result-references.ts';
import { addReplacements, newRoom, paramReplacements, substituteValue } from './substitution.ts';
import type { Param, ParamSpec, ParamValue } from './types.ts';

/** The params in `names` that a default refers to. `lengths` are those of the names: a text with a million dots has no other beginning to look at. */
function paramsIn(value: ParamValue, names: ReadonlyMap<string, unknown>, lengths: ReadonlySet<number>): string[] {
  const found = allReferences([value]).map((reference) => {
    const [, written = ''] = /^params\.([^[]*)/.exec(dotted(reference)) ?? [];
    // A name may contain dots, and a reference to an object's key has another one.
    for (let end = written.length; end > 0; end = written.lastIndexOf('.', end - 1)) {
      const name = lengths.has(end) ? written.slice(0, end) : undefined;
      if (name !== undefined && names.has(name)) return name;
    }
    return undefined;
  });
  return [...new Set(found.filter((name) => name !== undefined))];
}

/** The defaults that are used, because there is no value; of an object's default the keys that the value does not have. */
export function countingDefaults(
  declared: readonly ParamSpec[] = [],
  given: readonly Param[] = [],
): Map<string, ParamValue> {
  const values = new Map(given.map(({ name, value }) => [name, toParamValue(value)]));
  const defaults = new Map<string, ParamValue>();
  for (const { name, default: written } of declared) {
    if (written === undefined || written === null) continue;
    const fallback = toParamValue(written);
    const value = values.get(name);
    if (value === undefined) defaults.set(name, fallback);
    else if (typeOfValue(value) === 'object' && typeOfValue(fallback) === 'object') {
      const missing = Object.entries(fallback).filter(([key]) => !Object.hasOwn(value as object, key));
      if (missing.length > 0) defaults.set(name, Object.fromEntries(missing));
    }
  }
  return defaults;
}

/** Maximum of reported params with circular defaults, and of reported members of a circle. */
const MAX_TOLD = 20;

/** Params without a value, because their defaults refer to each other, each with its circle: `a` → [`a`, `b`, `a`]. At most the maximum above. */
export function circularDefaults(declared?: readonly ParamSpec[], given?: readonly Param[]): Map<string, string[]> {
  const graph = defaultsGraph(countingDefaults(declared, given));
  const circles = new Map<string, string[]>();
  for (let circle = findCycle(graph); circle && circles.size < MAX_TOLD; circle = findCycle(graph)) {
    const members = circle.slice(0, -1);
    for (const [index, name] of members.slice(0, MAX_TOLD).entries()) {
      const others = [...members.slice(index, index + MAX_TOLD), ...members.slice(0, index)];
      circles.set(name, members.length > MAX_TOLD ? [...others.slice(0, MAX_TOLD), '…', name] : [...others, name]);
    }
    for (const name of members) graph.delete(name);
  }
  return circles;
}

/** For each default the defaults it refers to. */
function defaultsGraph(defaults: ReadonlyMap<string, ParamValue>): Map<string, readonly string[]> {
  const lengths = new Set([...defaults.keys()].map((name) => name.length));
  return new Map([...defaults].map(([name, value]) => [name, paramsIn(value, defaults, lengths)]));
}

/**
 * The params' values: the given ones, then the defaults of declared params without a value. A default may refer to other params; circular
 * defaults (`circularDefaults`) keep their text. An object's missing keys come from its default. Throws SubstitutionTooLarge.
 */
export function resolveParams(declared: readonly ParamSpec[] = [], given: readonly Param[] = []): Param[] {
  const byName = new Map(given.map(({ name, value }) => [name, { name, value: toParamValue(value) }]));
  const waiting = countingDefaults(declared, given);
  const known = paramReplacements([...byName.values()]);
  const room = newRoom();
  for (const name of topologicalOrder(defaultsGraph(waiting))) {
    const value = substituteValue(waiting.get(name) ?? '', known, room);
    settle(byName, name, value);
    addReplacements(known, paramReplacements([byName.get(name)!]));
    waiting.delete(name);
  }
  for (const [name, value] of waiting) settle(byName, name, value);
  return [...byName.values()];
}

/** The value, and the given keys of an object. */
function settle(params: Map<string, Param>, name: string, value: ParamValue): void {
  const own = params.get(name)?.value;
  params.set(name, { name, value: own === undefined ? value : { ...(value as object), ...(own as object) } });
}

/** Names of declared params without default and value. */
export function missingParams(declared: readonly ParamSpec[] = [], given: readonly Param[] = []): string[] {
  const names = new Set(given.map(({ name }) => name));
  return declared
    .filter(({ name, default: fallback = null }) => fallback === null && !names.has(name))
    .map(({ name }) => name);
}

/** Names of params whose value has not the declared type. A string with a reference may still become that type. */
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

/** The given values by name, the first of each. */
const valuesOf = (given: readonly Param[]): ReadonlyMap<string, ParamValue> =>
  new Map(given.toReversed().map(({ name, value }) => [name, value]));

/** For each object param (by name) the declared keys that are neither in its default nor in its value. */
export function missingObjectKeys(
  declared: readonly ParamSpec[] = [],
  given: readonly Param[] = [],
): Record<string, string[]> {
  const missing: Record<string, string[]> = {};
  const values = valuesOf(given);
  for (const spec of declared) {
    if (typeOfParam(spec) !== 'object') continue;
    const value = values.get(spec.name);
    if (typeof value === 'string') continue;
    const provided = new Set([...Object.keys(spec.default ?? {}), ...Object.keys(value ?? {})]);
    const keys = Object.keys(spec.properties ?? {}).filter((key) => !provided.has(key));
    if (keys.length > 0) missing[spec.name] = keys;
  }
  return missing;
}

/** `name: value is not one of a, b` for each string param outside its declaration's enum. */
export function paramsOutsideEnum(declared: readonly ParamSpec[] = [], given: readonly Param[] = []): string[] {
  const values = valuesOf(given);
  return declared.flatMap(({ name, enum: allowed }) => {
    const value = values.get(name);
    if (!allowed?.length || typeof value !== 'string' || allowed.includes(value)) return [];
    return [`param ${name}: "${value}" is not one of ${allowed.join(', ')}`];
  });
}
