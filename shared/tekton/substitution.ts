import { mapFields } from './field-tree.ts';
import type { FieldKind, FieldTree } from './field-tree.ts';
import { toParamValue } from './param-value.ts';
import type { Param, ParamValue } from './types.ts';

/**
 * The values of `$(…)` references, keyed by the reference without `$(` and `)`: `params.name`, `params["name"]`, `params['name']`,
 * `params.list[0]`, `params.object.key`, `context.taskRun.name`, `tasks.build.results.digest`, `workspaces.source.path`. Whole arrays
 * and objects are keyed without their `[*]`.
 */
export interface Replacements {
  strings: Record<string, string>;
  arrays: Record<string, string[]>;
  objects: Record<string, Record<string, string>>;
}

const REFERENCE = /\$\(([^()]+)\)/g;
const EXACT_REFERENCE = /^\$\(([^()]+)\)$/;
function lookup<T>(values: Record<string, T>, reference: string): T | undefined {
  return Object.hasOwn(values, reference) ? values[reference] : undefined;
}

function lookupWhole<T>(values: Record<string, T>, text: string): T | undefined {
  const reference = EXACT_REFERENCE.exec(text)?.[1];
  if (reference === undefined) return undefined;
  return lookup(values, reference) ?? lookup(values, reference.replace(/\[\*\]$/, ''));
}

/** `text` with each known reference replaced, in one pass: references in a value are not replaced. Unknown references stay. */
export function substitute(text: string, replacements: Replacements): string {
  return text.replace(REFERENCE, (whole, reference: string) => lookup(replacements.strings, reference) ?? whole);
}

/** Each element substituted. An element that is only a reference to an array is replaced by the array's elements. */
export function substituteList(list: readonly string[], replacements: Replacements): string[] {
  return list.flatMap((element) => lookupWhole(replacements.arrays, element) ?? [substitute(element, replacements)]);
}

/** A param's value substituted. A string that is only a reference to an array or object gets its value and type. */
export function substituteValue(value: ParamValue, replacements: Replacements): ParamValue {
  if (Array.isArray(value)) return substituteList(value, replacements);
  if (typeof value !== 'string')
    return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, substitute(text, replacements)]));
  return (
    lookupWhole(replacements.arrays, value) ??
    lookupWhole(replacements.objects, value) ??
    substitute(value, replacements)
  );
}

function substituteField(value: unknown, kind: FieldKind, replacements: Replacements): unknown {
  if (kind === 'value') return substituteValue(toParamValue(value), replacements);
  if (typeof value === 'string') return substitute(value, replacements);
  if (kind === 'string' || !Array.isArray(value)) return value;
  return value.flatMap((item: unknown) => (typeof item === 'string' ? substituteList([item], replacements) : [item]));
}

/** A copy of `value` with the references replaced in the fields in `tree`, as their kinds allow. */
export function substituteFields<T>(value: T, tree: FieldTree, replacements: Replacements): T {
  return mapFields(value, tree, (field, kind) => substituteField(field, kind, replacements));
}

/** A copy of `value` with the references in all its strings, and in its keys, replaced by strings. */
export function substituteDeep<T>(value: T, replacements: Replacements): T {
  const deep = (part: unknown): unknown => {
    if (typeof part === 'string') return substitute(part, replacements);
    if (Array.isArray(part)) return part.map(deep);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [substitute(key, replacements), deep(inner)]));
  };
  return deep(value) as T;
}

/**
 * The references to `params`: whole values, array elements and object keys, in the three notations; params also with their former prefix,
 * `inputs.params.name`.
 */
export function paramReplacements(params: readonly Param[], prefix = 'params'): Replacements {
  const replacements = emptyReplacements();
  for (const { name, value: written } of params) {
    const value = toParamValue(written);
    const notations = [`${prefix}.${name}`, `${prefix}["${name}"]`, `${prefix}['${name}']`];
    for (const reference of [...notations, ...(prefix === 'params' ? [`inputs.params.${name}`] : [])]) {
      if (typeof value === 'string') replacements.strings[reference] = value;
      else if (Array.isArray(value)) {
        replacements.arrays[reference] = value;
        value.forEach((element, index) => (replacements.strings[`${reference}[${index}]`] = element));
      } else {
        replacements.objects[reference] = value;
        for (const [key, text] of Object.entries(value)) replacements.strings[`${reference}.${key}`] = text;
      }
    }
  }
  return replacements;
}

export function emptyReplacements(): Replacements {
  return { strings: {}, arrays: {}, objects: {} };
}

/** Plain string references, such as context variables. */
export function stringReplacements(strings: Record<string, string>): Replacements {
  return { ...emptyReplacements(), strings };
}

/** Adds `more` to `replacements`, in place; for equal references `more` wins. */
export function addReplacements(replacements: Replacements, more: Replacements): void {
  Object.assign(replacements.strings, more.strings);
  Object.assign(replacements.arrays, more.arrays);
  Object.assign(replacements.objects, more.objects);
}

/** All replacements in one; for equal references the later one wins. */
export function mergeReplacements(...all: readonly Replacements[]): Replacements {
  const merged = emptyReplacements();
  for (const each of all) addReplacements(merged, each);
  return merged;
}

/** The references in `text`, without `$(` and `)`, in their order. */
export function referencesIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].map((match) => match[1] ?? '');
}

/** Whether the reference has a value. */
export function isKnown(reference: string, { strings, arrays, objects }: Replacements): boolean {
  const whole = reference.replace(/\[\*\]$/, '');
  return Object.hasOwn(strings, reference) || Object.hasOwn(arrays, whole) || Object.hasOwn(objects, whole);
}
