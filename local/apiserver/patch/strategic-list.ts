import { goText, goType } from '../go-text.ts';
import { isObject, sameJson } from '../object.ts';
import type { JsonObject } from '../object.ts';
import { StatusError } from '../status.ts';

export const DIRECTIVE = '$patch';

/** A patch that can't be applied: as in a kube-apiserver, 500 without a reason. */
export const unclassified = (problem: string): StatusError => new StatusError(500, '', problem);

const noMergeKey = (item: JsonObject, key: string): StatusError =>
  unclassified(`map: ${goText(item)} does not contain declared merge key: ${key}`);

export const badType = (expected: string, actual: unknown): StatusError =>
  unclassified(`expected a ${expected}, but received a ${goType(actual)}`);

export function asMap(value: unknown): JsonObject {
  if (isObject(value)) return value;
  throw badType('map[string]interface {}', value);
}

function keyed(item: unknown, key: string): unknown {
  const map = asMap(item);
  if (map[key] === undefined) throw noMergeKey(map, key);
  return map[key];
}

/** The common type of the items; throws if they are lists or of several types. */
export function elementType(...lists: unknown[][]): string {
  const types = new Set(lists.flat().map(goType));
  const [first] = types;
  if (first === undefined) throw unclassified('no elements in any of the given slices');
  if (first === '[]interface {}') throw new StatusError(422, '', 'lists of lists are not supported', {});
  if (types.size > 1) throw unclassified(`list element types are not identical: ${goText(lists)}`);
  return first;
}

function indexOf(list: unknown[], item: unknown, key: string): number {
  const value = (one: unknown): unknown => (key === '' ? one : isObject(one) ? one[key] : undefined);
  return list.findIndex((one) => sameJson(value(one), value(item)));
}

/** Insertion sort, as in Go for short lists: items that are not in `order` come before those they meet. */
function sortedBy(list: unknown[], order: unknown[], key: string): unknown[] {
  const out = [...list];
  const isLess = (a: unknown, b: unknown): boolean => {
    const [left, right] = [indexOf(order, a, key), indexOf(order, b, key)];
    return left >= 0 && right >= 0 ? left < right : true;
  };
  for (let end = 1; end < out.length; end++) {
    for (let at = end; at > 0 && isLess(out[at], out[at - 1]); at--) [out[at - 1], out[at]] = [out[at], out[at - 1]];
  }
  return out;
}

/** The items of `patched` in the patch's order, with the server's items in between in their old order. */
export function ordered(
  patched: unknown[],
  serverOnly: unknown[],
  order: { patch: unknown[]; server: unknown[] },
  key: string,
): unknown[] {
  if (key !== '') for (const item of [...patched, ...order.patch, ...serverOnly, ...order.server]) keyed(item, key);
  const right = sortedBy(patched, order.patch, key);
  const left = sortedBy(serverOnly, order.server, key);
  const out: unknown[] = [];
  while (left.length > 0 || right.length > 0) {
    const [l, r] = [indexOf(order.server, left[0], key), indexOf(order.server, right[0], key)];
    const takesLeft = right.length === 0 || (left.length > 0 && l >= 0 && r >= 0 && l < r);
    out.push(takesLeft ? left.shift() : right.shift());
  }
  return out;
}

/** Those items that `by` names, and the others. */
export function partition(list: unknown[], by: unknown[], key: string): { named: unknown[]; others: unknown[] } {
  if (key !== '') for (const item of list) keyed(item, key);
  const isNamed = (item: unknown): boolean => indexOf(by, item, key) >= 0;
  return { named: list.filter(isNamed), others: list.filter((item) => !isNamed(item)) };
}

/** Throws if the items of the patch are not in the order of `$setElementOrder`. */
export function checkOrder(patch: unknown[], order: unknown[], key: string): void {
  if (order.length === 0 || patch.length === 0) return;
  const kept = key === '' ? patch : patch.filter((item) => asMap(item)[DIRECTIVE] !== 'delete');
  let at = 0;
  for (let next = 0; at < kept.length && next < order.length;) {
    const item = kept[at];
    if (isObject(item) && item[DIRECTIVE] !== undefined) {
      at++;
      continue;
    }
    const [left, right] = key === '' ? [item, order[next]] : [keyed(item, key), keyed(order[next], key)];
    if (sameJson(left, right)) at++;
    next++;
  }
  if (at < kept.length)
    throw unclassified(
      `The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
    );
}

/** As in Kubernetes, of equal items the first stays, and the last item takes the place of the second. */
export function withoutDuplicates(list: unknown[]): unknown[] {
  const out = [...list];
  for (let a = 0; a < out.length; a++) {
    for (let b = a + 1; b < out.length;) {
      if (!sameJson(out[a], out[b])) {
        b++;
        continue;
      }
      out[b] = out[out.length - 1];
      out.pop();
    }
  }
  return out;
}

/** The live list without the items that the patch deletes, and the patch without its directives; `$patch: replace` empties the live one. */
export function applyItemDirectives(
  live: unknown[],
  patch: unknown[],
  key: string,
): { live: unknown[]; patch: unknown[] } {
  let left = live;
  let replace = false;
  const items: unknown[] = [];
  for (const item of patch) {
    const map = asMap(item);
    const directive = map[DIRECTIVE];
    if (directive === undefined) items.push(item);
    else if (directive === 'delete') {
      const value = keyed(map, key);
      left = left.filter((one, index) => {
        if (!isObject(one)) throw unclassified(`value for key ${index} is not a map`);
        return !sameJson(one[key], value);
      });
    } else if (directive === 'replace') replace = true;
    else if (directive === 'merge') throw unclassified('merging lists cannot yet be specified in the patch');
    else throw unclassified(`unknown patch type: ${goText(directive)} in map: ${goText(map)}`);
  }
  return { live: replace ? [] : left, patch: items };
}
