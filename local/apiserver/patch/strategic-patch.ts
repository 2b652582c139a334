import { goText, goType } from '../go-text.ts';
import { isObject, sameJson } from '../object.ts';
import type { JsonObject } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import { badRequest, StatusError } from '../status.ts';
import {
  applyItemDirectives,
  asMap,
  badType,
  checkOrder,
  DIRECTIVE,
  elementType,
  ordered,
  partition,
  unclassified,
  withoutDuplicates,
} from './strategic-list.ts';

const DELETE_FROM_LIST = '$deleteFromPrimitiveList';
const SET_ORDER = '$setElementOrder';
const RETAIN_KEYS = '$retainKeys';

/** How a field is patched; `schema` is of the field, or of the list's items. */
interface PatchRule {
  schema: Schema | undefined;
  strategy: string;
  key: string;
}

function ruleOf(schema: Schema | undefined, field: string): PatchRule {
  if (schema?.properties === undefined) {
    const type = schema?.type === 'object' ? 'map' : (schema?.type ?? 'interface');
    throw unclassified(`merging an object in json but data type is not struct, instead is: ${type}`);
  }
  const found = Object.hasOwn(schema.properties, field) ? schema.properties[field] : undefined;
  if (found === undefined)
    throw unclassified(
      `unable to find api field in struct ${schema.struct ?? ''} for the json field ${JSON.stringify(field)}`,
    );
  const strategies = (found['x-kubernetes-patch-strategy'] ?? '').split(',').filter((one) => one !== 'retainKeys');
  return {
    schema: found.type === 'array' ? found.items : found,
    strategy: strategies[0] ?? '',
    key: found['x-kubernetes-patch-merge-key'] ?? '',
  };
}

/** A part of the patch for a new field: without directives and nulls. Undefined if it is a directive. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(plain).filter((item) => item !== undefined);
  }
  if (!isObject(value)) return value;
  if (value[DIRECTIVE] !== undefined) return undefined;
  const kept = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    const stays = item === null ? undefined : plain(item);
    return stays === undefined ? [] : [[key, stays]];
  });
  return Object.fromEntries(kept);
}

function applyDirective(directive: unknown, patch: JsonObject): JsonObject {
  if (directive === 'delete') return {};
  if (directive !== 'replace') throw unclassified(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
  const { [DIRECTIVE]: _directive, ...rest } = patch;
  return rest;
}

/** `$retainKeys`: removes all keys that it does not list; it must list those that the patch sets. */
function retain(target: JsonObject, patch: JsonObject): JsonObject {
  const named = patch[RETAIN_KEYS];
  if (named === undefined) return target;
  const bad = (): StatusError => badRequest('invalid patch format of retainKeys');
  if (!Array.isArray(named)) throw bad();
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key === RETAIN_KEYS || key.startsWith(DELETE_FROM_LIST) || key.startsWith(SET_ORDER);
    if (value !== null && !isDirective && !named.includes(key)) throw bad();
  }
  return Object.fromEntries(Object.entries(target).filter(([key]) => named.includes(key)));
}

function fieldOf(directive: string, prefix: string, problem: string): string {
  const [head, ...rest] = directive.split('/');
  if (head !== prefix || rest.length === 0) throw badRequest(problem);
  return rest.join('/');
}

function mergeList(target: unknown[], patch: unknown[], rule: PatchRule): unknown[] {
  if (target.length === 0 && patch.length === 0) return target;
  if (elementType(target, patch) !== 'map[string]interface {}') {
    const { named, others } = partition(withoutDuplicates([...target, ...patch]), patch, '');
    return ordered(named, others, { patch, server: target }, '');
  }
  if (rule.key === '') throw unclassified('cannot merge lists without merge key for struct');
  const { live, patch: items } = applyItemDirectives(target, patch, rule.key);
  const merged = [...live];
  for (const item of items) {
    const map = asMap(item);
    if (map[rule.key] === undefined)
      throw unclassified(`map: ${goText(map)} does not contain declared merge key: ${rule.key}`);
    const at = merged.findIndex((one) => isObject(one) && sameJson(one[rule.key], map[rule.key]));
    if (at === -1) merged.push(item);
    else merged[at] = mergeMap(asMap(merged[at]), map, rule.schema);
  }
  const { named, others } = partition(merged, items, rule.key);
  return ordered(named, others, { patch: items, server: live }, rule.key);
}

function listAt(value: unknown): unknown[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw badType('[]interface {}', value);
  return value as unknown[];
}

/** `$setElementOrder/FIELD`: merges the field's list, if it is patched, and orders it, in place. The field needs no further merge. */
function applyOrders(target: JsonObject, patch: JsonObject, schema: Schema | undefined): void {
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(SET_ORDER)) continue;
    delete patch[directive];
    if (!Array.isArray(order)) throw badType('[]interface {}', order);
    const field = fieldOf(directive, SET_ORDER, 'invalid patch format of setElementOrder list');
    const live = listAt(target[field]);
    const given = listAt(patch[field]);
    const rule = ruleOf(schema, field);
    checkOrder(given ?? [], order, rule.key);
    if (live === undefined && given === undefined) continue;
    const merged =
      live === undefined
        ? (plain(given) as unknown[])
        : given === undefined
          ? live
          : rule.strategy === 'merge'
            ? mergeList(live, given, rule)
            : given;
    const { named, others } = partition(merged, order, rule.key);
    elementType(live ?? [], given ?? []);
    target[field] = ordered(named, others, { patch: order, server: live ?? [] }, rule.key);
    delete patch[field];
  }
}

function mergeField(target: JsonObject, key: string, value: unknown, schema: Schema | undefined): void {
  const current = target[key];
  if (value === null) delete target[key];
  else if (current === undefined || goType(current) !== goType(value) || !(isObject(value) || Array.isArray(value))) {
    const fresh = plain(value);
    if (fresh === undefined) delete target[key];
    else target[key] = fresh;
  } else {
    const rule = ruleOf(schema, key);
    if (isObject(value) && isObject(current)) {
      target[key] = rule.strategy === 'replace' ? value : mergeMap(current, value, rule.schema);
    } else if (Array.isArray(value) && Array.isArray(current)) {
      target[key] = rule.strategy === 'merge' ? mergeList(current, value, rule) : value;
    }
  }
}

function mergeMap(given: JsonObject, givenPatch: JsonObject, schema: Schema | undefined): JsonObject {
  if (givenPatch[DIRECTIVE] !== undefined) return applyDirective(givenPatch[DIRECTIVE], givenPatch);
  const target = retain({ ...given }, givenPatch);
  const { [RETAIN_KEYS]: _retained, ...patch } = givenPatch;
  applyOrders(target, patch, schema);
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(DELETE_FROM_LIST)) {
      mergeField(target, key, value, schema);
      continue;
    }
    const field = fieldOf(key, DELETE_FROM_LIST, 'invalid patch format of primitive list');
    const list = target[field];
    if (value === null) delete target[field];
    else if (Array.isArray(list) && Array.isArray(value) && list.length + value.length > 0) {
      elementType(list as unknown[], value as unknown[]);
      target[field] = list.filter((item) => !value.some((one) => sameJson(one, item)));
    }
  }
  return target;
}

/**
 * Strategic merge patch for built-in types, as client-side `kubectl apply`, `edit` and `patch` send it: a JSON merge patch whose lists
 * merge by the schema's merge keys, with the directives `$patch`, `$setElementOrder`, `$deleteFromPrimitiveList` and `$retainKeys`. Throws
 * a kube-apiserver's errors for patches that can't be applied: 400, 422, or 500 without a reason.
 */
export function strategicPatch(target: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  return mergeMap(structuredClone(target), structuredClone(patch), schema);
}
