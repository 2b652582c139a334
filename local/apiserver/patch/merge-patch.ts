import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';

/** A patch's value for a new field: without nulls, also in lists (but not null items). */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, withoutNulls(item)]])),
  );
}

/** JSON merge patch (RFC 7386): null removes, an object merges, anything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  if (!isObject(target)) return withoutNulls(patch);
  const out: JsonObject = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else if (out[key] === undefined || out[key] === null) out[key] = withoutNulls(value);
    else out[key] = mergePatch(out[key], value);
  }
  return out;
}
