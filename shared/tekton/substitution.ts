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

/** What references may add to one object, in characters: far more than an API server takes (1.5 MiB by etcd's default), and little for a process's memory. */
const MAX_ADDED_CHARS = 16 * 1024 * 1024;

/** Thrown if values would make an object too large, by many references or by params that double each other. */
export class SubstitutionTooLarge extends Error {
  override readonly name = 'SubstitutionTooLarge';

  constructor() {
    super(
      `the values of references like $(params.x) make more than ${MAX_ADDED_CHARS >> 20} MiB together: use fewer references or shorter values`,
    );
  }
}

/** The characters that references may still add. Substitutions of one object share it. */
export interface Room {
  chars: number;
}

export const newRoom = (): Room => ({ chars: MAX_ADDED_CHARS });

function sizeOf(value: ParamValue): number {
  if (typeof value === 'string') return value.length;
  return Object.entries(value).reduce((sum, [key, text]) => sum + key.length + String(text).length, 0);
}

/** The value of a reference. Throws SubstitutionTooLarge if there is no room for it. */
function taken<T extends ParamValue>(value: T | undefined, room: Room): T | undefined {
  if (value === undefined) return undefined;
  room.chars -= sizeOf(value);
  if (room.chars < 0) throw new SubstitutionTooLarge();
  return value;
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

/**
 * `text` with each known reference replaced, in one pass: references in a value are not replaced. Unknown references stay. Throws SubstitutionTooLarge, as
 * all that follow.
 */
export function substitute(text: string, replacements: Replacements, room = newRoom()): string {
  return text.replace(
    REFERENCE,
    (whole, reference: string) => taken(lookup(replacements.strings, reference), room) ?? whole,
  );
}

/** Each element substituted. An element that is only a reference to an array is replaced by the array's elements. */
export function substituteList(list: readonly string[], replacements: Replacements, room = newRoom()): string[] {
  return list.flatMap(
    (element) => taken(lookupWhole(replacements.arrays, element), room) ?? [substitute(element, replacements, room)],
  );
}

/** A param's value substituted. A string that is only a reference to an array or object gets its value and type. */
export function substituteValue(value: ParamValue, replacements: Replacements, room = newRoom()): ParamValue {
  if (Array.isArray(value)) return substituteList(value, replacements, room);
  if (typeof value !== 'string')
    return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, substitute(text, replacements, room)]));
  return (
    taken<ParamValue>(lookupWhole(replacements.arrays, value) ?? lookupWhole(replacements.objects, value), room) ??
    substitute(value, replacements, room)
  );
}

function substituteField(value: unknown, kind: FieldKind, replacements: Replacements, room: Room): unknown {
  if (kind === 'value') return substituteValue(toParamValue(value), replacements, room);
  if (typeof value === 'string') return substitute(value, replacements, room);
  if (kind === 'string' || !Array.isArray(value)) return value;
  return value.flatMap((item: unknown) =>
    typeof item === 'string' ? substituteList([item], replacements, room) : [item],
  );
}

/** A copy of `value` with the references replaced in the fields in `tree`, as their kinds allow. */
export function substituteFields<T>(value: T, tree: FieldTree, replacements: Replacements, room = newRoom()): T {
  return mapFields(value, tree, (field, kind) => substituteField(field, kind, replacements, room));
}

/** A copy of `value` with the references in all its strings, and in its keys, replaced by strings. */
export function substituteDeep<T>(value: T, replacements: Replacements): T {
  const room = newRoom();
  const deep = (part: unknown): unknown => {
    if (typeof part === 'string') return substitute(part, replacements, room);
    if (Array.isArray(part)) return part.map(deep);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([key, inner]) => [substitute(key, replacements, room), deep(inner)]),
    );
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
