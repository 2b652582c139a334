import { isObject, sameJson } from '../object.ts';
import type { JsonObject } from '../object.ts';
import { isAtomic, mergeKeysOf } from '../patch/merge-keys.ts';

/** A set of fields in the form of `fieldsV1`: `f:name`, `k:{"name":"x"}`, `v:"value"`, and `.` for the node itself. */
export type FieldSet = JsonObject;

function sorted(keys: string[], item: JsonObject): string {
  return JSON.stringify(Object.fromEntries([...keys].sort().map((key) => [key, item[key]])));
}

/** A list's items by the path element that names them, or undefined where the list is one value to Kubernetes. */
function elements(list: unknown[], path: string, typed: boolean): Map<string, unknown> | undefined {
  const keys = typed ? mergeKeysOf(path) : undefined;
  if (keys === undefined) return undefined;
  if (keys.length === 0) return new Map(list.map((item) => [`v:${JSON.stringify(item)}`, item]));
  return new Map(list.map((item) => [`k:${sorted(keys, isObject(item) ? item : {})}`, item]));
}

/** What is below a value, by path element; undefined where the value is one field as a whole. */
function children(value: unknown, path: string, typed: boolean): Map<string, unknown> | undefined {
  if (Array.isArray(value)) return elements(value, path, typed);
  if (!isObject(value) || (typed && isAtomic(path))) return undefined;
  return new Map(Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[`f:${key}`, item]])));
}

function childPath(path: string, element: string): string {
  return element.startsWith('f:') ? (path === '' ? element.slice(2) : `${path}.${element.slice(2)}`) : path;
}

/** The fields of `after` that are new or different from `before`; undefined where there are none. */
export function changedFields(before: unknown, after: unknown, path = '', typed = false): FieldSet | undefined {
  if (before !== undefined && sameJson(before, after)) return undefined;
  const now = children(after, path, typed);
  if (now === undefined || now.size === 0) return {};
  const then = children(before, path, typed) ?? new Map<string, unknown>();
  const set: FieldSet = {};
  if (before === undefined) set['.'] = {};
  for (const [element, item] of now) {
    if (element.startsWith('v:')) {
      if (!then.has(element)) set[element] = {};
      continue;
    }
    const inner = changedFields(then.get(element), item, childPath(path, element), typed);
    if (inner !== undefined) set[element] = inner;
  }
  return Object.keys(set).length === 0 ? undefined : set;
}

function isLeaf(set: FieldSet): boolean {
  return Object.keys(set).length === 0;
}

/** A node of which only itself is left is written as a leaf. */
function tidy(set: FieldSet): FieldSet {
  return set['.'] !== undefined && Object.keys(set).length === 1 ? {} : set;
}

/** Whether the set holds the node it describes and not only nodes below it. */
function holdsSelf(set: FieldSet): boolean {
  return isLeaf(set) || set['.'] !== undefined;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const out: FieldSet = {};
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const left = a[key];
    const right = b[key];
    if (key === '.') out[key] = {};
    else if (!isObject(left)) out[key] = right;
    else if (!isObject(right)) out[key] = left;
    else {
      const joined = union(left, right);
      if (!isLeaf(joined) && (isLeaf(left) || isLeaf(right))) joined['.'] = {};
      out[key] = joined;
    }
  }
  return out;
}

/** `a` without the fields of `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  const out: FieldSet = {};
  for (const [key, item] of Object.entries(a)) {
    const other = b[key];
    if (key === '.') {
      if (b['.'] === undefined) out[key] = {};
    } else if (!isObject(other) || !isObject(item)) out[key] = item;
    else {
      const rest = differenceOf(item, other);
      if (rest !== undefined) out[key] = rest;
    }
  }
  return out;
}

function differenceOf(item: FieldSet, other: FieldSet): FieldSet | undefined {
  if (isLeaf(item)) return holdsSelf(other) ? undefined : item;
  if (isLeaf(other))
    return Object.keys(item).length === 1 && item['.'] !== undefined
      ? undefined
      : Object.fromEntries(Object.entries(item).filter(([key]) => key !== '.'));
  const rest = difference(item, other);
  return Object.keys(rest).length === 0 ? undefined : tidy(rest);
}

/** The part of `set` whose fields still exist in `value`. */
export function present(set: FieldSet, value: unknown, path = '', typed = false): FieldSet {
  const items = children(value, path, typed);
  const out: FieldSet = {};
  for (const [key, inner] of Object.entries(set)) {
    if (key === '.') out[key] = {};
    else if (items?.has(key) === true && isObject(inner)) {
      if (isLeaf(inner)) out[key] = inner;
      else {
        const kept = present(inner, items.get(key), childPath(path, key), typed);
        if (!isLeaf(kept)) out[key] = tidy(kept);
      }
    }
  }
  return out;
}
