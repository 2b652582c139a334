import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';
import { below, isEmpty } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { kindOf, placeOf, shapeOf } from './structure.ts';
import type { ListShape, MapShape, Place } from './structure.ts';

function isVoid(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function mergeFields(shape: MapShape, live: unknown, config: unknown): JsonObject {
  const left = isObject(live) ? live : {};
  const right = isObject(config) ? config : {};
  const out: JsonObject = {};
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const merged = merge(shape.child(key) ?? placeOf({}), left[key], right[key]);
    if (merged !== undefined) out[key] = merged;
  }
  return out;
}

interface Indexed {
  order: string[];
  items: Map<string, unknown>;
}

/** Items by their element; null for duplicates, which can't be merged. */
function index(list: unknown, elementOf: (item: unknown) => string): Indexed {
  const items = new Map<string, unknown>();
  const order = (Array.isArray(list) ? (list as unknown[]) : []).map((item) => {
    const element = elementOf(item);
    items.set(element, items.has(element) ? null : item);
    return element;
  });
  return { order, items };
}

/**
 * Merges both lists: applied items in their order, other live items after those that they followed. The order is visible, so this is the
 * algorithm of structured-merge-diff.
 */
function mergeItems(shape: ListShape, elementOf: (item: unknown) => string, live: unknown, config: unknown): unknown[] {
  const liveList = Array.isArray(live) ? (live as unknown[]) : [];
  const left = index(live, elementOf);
  const right = index(config, elementOf);
  const shared = right.order.filter((element) => left.items.has(element));
  const merged = new Set<string>();
  const out: unknown[] = [];
  const take = (element: string): void => {
    merged.add(element);
    out.push(merge(shape.items, left.items.get(element), right.items.get(element)));
  };
  let next = shared.shift();
  for (let l = 0, r = 0; l < left.order.length || r < right.order.length;) {
    const leftElement = left.order[l];
    const rightElement = right.order[r];
    if (leftElement !== undefined && rightElement !== undefined) {
      if (leftElement === rightElement) {
        take(leftElement);
        l++;
        r++;
        next = shared.shift();
        continue;
      }
      // Applied too: it comes with the applied list.
      if (right.items.has(leftElement) && next !== undefined && next !== leftElement) {
        l++;
        continue;
      }
    }
    if (leftElement !== undefined) {
      if (!right.items.has(leftElement)) {
        out.push(merge(shape.items, liveList[l], undefined));
        l++;
        continue;
      }
      if (merged.has(leftElement)) l++;
    }
    if (rightElement !== undefined) {
      take(rightElement);
      r++;
      if (next === rightElement) next = shared.shift();
    }
  }
  return out;
}

/** Merges `config` into `live` by type: atomic values are replaced, others merged. */
export function merge(place: Place, live: unknown, config: unknown): unknown {
  const shape = shapeOf(place, config ?? live);
  const kind = kindOf(config) ?? kindOf(live);
  const whole =
    shape.kind === 'scalar' ||
    (shape.kind === 'map' ? shape.atomic : shape.elementOf === undefined) ||
    (isVoid(live) && isVoid(config)) ||
    kind !== shape.kind;
  if (whole) return config === undefined ? live : config;
  if (shape.kind === 'map') {
    const out = mergeFields(shape, live, config);
    return Object.keys(out).length === 0 ? undefined : out;
  }
  if (shape.kind !== 'list' || shape.elementOf === undefined) return config;
  const out = mergeItems(shape, shape.elementOf, live, config);
  return out.length === 0 ? undefined : out;
}

/** `value` without the fields and items of `set`. Values that become empty are null, which decoding drops. */
export function removeFields(place: Place, value: unknown, set: FieldSet): unknown {
  const shape = shapeOf(place, value);
  if (shape.kind === 'scalar') return value;
  if (shape.kind === 'list') {
    const { elementOf } = shape;
    if (!Array.isArray(value) || value.length === 0 || elementOf === undefined) return null;
    const left = (value as unknown[]).flatMap((item) => {
      const element = elementOf(item);
      if (set.members.has(element)) return [];
      const inner = below(set, element);
      return [isEmpty(inner) ? item : removeFields(shape.items, item, inner)];
    });
    return left.length === 0 ? null : left;
  }
  if (!isObject(value) || shape.atomic) return null;
  const left = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    const element = `f:${key}`;
    if (item === undefined || set.members.has(element)) return [];
    const inner = below(set, element);
    return [[key, isEmpty(inner) ? item : removeFields(shape.child(key) ?? placeOf({}), item, inner)]];
  });
  return left.length === 0 ? null : Object.fromEntries(left);
}
