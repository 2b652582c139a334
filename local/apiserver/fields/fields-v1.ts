import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';
import { emptySet, sortedElements } from './field-set.ts';
import type { FieldSet, Path } from './field-set.ts';

/** A set as `fieldsV1`: a leaf is `{}`, a member that has others below it has `.` among them. */
export function toFieldsV1(set: FieldSet, isMember = false): JsonObject {
  const out: JsonObject = {};
  const elements = sortedElements(new Set([...set.members, ...set.children.keys()]));
  if (isMember && elements.length > 0) out['.'] = {};
  for (const element of elements) {
    const inner = set.children.get(element);
    out[element] = inner === undefined ? {} : toFieldsV1(inner, set.members.has(element));
  }
  return out;
}

/** Reads `fieldsV1`; undefined if it is none. */
export function fromFieldsV1(fields: unknown): FieldSet | undefined {
  if (!isObject(fields)) return undefined;
  const set = emptySet();
  for (const [element, inner] of Object.entries(fields)) {
    if (element === '.') continue;
    if (!/^[fkvi]:/.test(element) || !isObject(inner)) return undefined;
    const below = fromFieldsV1(inner);
    if (below === undefined) return undefined;
    const names = Object.keys(inner);
    if (names.length === 0 || inner['.'] !== undefined) set.members.add(element);
    if (names.some((name) => name !== '.')) set.children.set(element, below);
  }
  return set;
}

/** As structured-merge-diff shows values: maps without braces. */
function shownValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shownValue).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return Object.entries(value)
    .map(([key, one]) => `${key}=${shownValue(one)}`)
    .join('');
}

function shownElement(element: string): string {
  const text = element.slice(2);
  if (element.startsWith('f:')) return `.${text}`;
  const value = JSON.parse(text) as unknown;
  if (element.startsWith('v:')) return `[=${shownValue(value)}]`;
  const keys = Object.entries(value as JsonObject);
  return `[${keys.map(([key, one]) => `${key}=${shownValue(one)}`).join(',')}]`;
}

/** `.spec.containers[name="main"].image`: how errors name a path. */
export function shownPath(path: Path): string {
  return path.map(shownElement).join('');
}
