import { isObject, sameJson } from '../object.ts';
import type { JsonObject } from '../object.ts';
import { badRequest } from '../status.ts';
import { mergeKeysOf } from './merge-keys.ts';

const DIRECTIVE = '$patch';
const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';
const SET_ORDER = '$setElementOrder/';
const RETAIN_KEYS = '$retainKeys';

function mergeSet(target: unknown[], patch: unknown[]): unknown[] {
  return [...target, ...patch.filter((item) => !target.some((one) => sameJson(one, item)))];
}

function mergeByKey(target: unknown[], patch: unknown[], key: string, path: string): unknown[] {
  let out = target.filter(isObject);
  if (patch.some((item) => isObject(item) && item[DIRECTIVE] === 'replace')) {
    return patch.filter((item) => isObject(item) && item[DIRECTIVE] !== 'replace');
  }
  for (const item of patch) {
    if (!isObject(item) || item[key] === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const index = out.findIndex((one) => sameJson(one[key], item[key]));
    if (item[DIRECTIVE] === 'delete') out = out.filter((_, at) => at !== index);
    else if (index === -1) out.push(strategicPatch({}, item, path) as JsonObject);
    else out[index] = strategicPatch(out[index], item, path) as JsonObject;
  }
  return out;
}

/** The patch's order for the items it names; the others keep their place before them. */
function ordered(list: unknown[], order: unknown[], key: string | undefined): unknown[] {
  const identity = (item: unknown): unknown => (key !== undefined && isObject(item) ? item[key] : item);
  const rank = (item: unknown): number => order.findIndex((one) => sameJson(identity(one), identity(item)));
  const named = list.filter((item) => rank(item) >= 0).sort((a, b) => rank(a) - rank(b));
  return [...list.filter((item) => rank(item) < 0), ...named];
}

function mergeLists(target: unknown, patch: unknown[], path: string): unknown {
  const keys = mergeKeysOf(path);
  const current: unknown[] = Array.isArray(target) ? target : [];
  if (keys === undefined) return patch;
  const [key] = keys;
  return key === undefined ? mergeSet(current, patch) : mergeByKey(current, patch, key, path);
}

function applyDirectives(out: JsonObject, patch: JsonObject, path: string): void {
  for (const [key, value] of Object.entries(patch)) {
    if (!Array.isArray(value)) continue;
    if (key.startsWith(DELETE_FROM_LIST)) {
      const field = key.slice(DELETE_FROM_LIST.length);
      const list = out[field];
      if (Array.isArray(list)) out[field] = list.filter((item) => !value.some((one) => sameJson(one, item)));
    } else if (key.startsWith(SET_ORDER)) {
      const field = key.slice(SET_ORDER.length);
      const list = out[field];
      if (Array.isArray(list))
        out[field] = ordered(list, value, mergeKeysOf(path === '' ? field : `${path}.${field}`)?.[0]);
    } else if (key === RETAIN_KEYS) {
      for (const field of Object.keys(out)) if (!value.includes(field)) delete out[field];
    }
  }
}

/**
 * Strategic merge patch for core types, what client-side `kubectl apply` sends: a JSON merge patch whose lists merge by the keys in
 * merge-keys.ts (only the first key counts), with the directives `$patch: delete|replace`, `$setElementOrder`, `$deleteFromPrimitiveList`
 * and `$retainKeys`. Lists that are not in that table are replaced, which for rarely patched core fields differs from Kubernetes.
 */
export function strategicPatch(target: unknown, patch: unknown, path = ''): unknown {
  if (!isObject(patch)) return patch;
  if (patch[DIRECTIVE] === 'replace')
    return Object.fromEntries(Object.entries(patch).filter(([key]) => key !== DIRECTIVE));
  if (patch[DIRECTIVE] === 'delete') return {};
  const out: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (key.startsWith('$')) continue;
    if (value === null) delete out[key];
    else if (Array.isArray(value)) out[key] = mergeLists(out[key], value, at);
    else out[key] = strategicPatch(out[key], value, at);
  }
  applyDirectives(out, patch, path);
  return out;
}
