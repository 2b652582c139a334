import type { Environment } from '@marcbachmann/cel-js';
import { checkTime } from './bounded.ts';
import { compareValues, equalValues } from './values.ts';

type List = unknown[];

function isSorted(list: List): boolean {
  return list.every((item, index) => index === 0 || compareValues(list[index - 1], item) <= 0);
}

function sum(list: List): unknown {
  if (list.length === 0) return 0n;
  if (list.every((item) => typeof item === 'bigint')) return list.reduce((total, item) => total + item, 0n);
  if (list.every((item) => typeof item === 'number')) return list.reduce((total, item) => total + item, 0);
  throw new Error('no such overload');
}

/** The first of the list's smallest (`sign` 1) or largest (-1) items. */
function extreme(list: List, sign: 1 | -1): unknown {
  const [first, ...rest] = list;
  if (list.length === 0) throw new Error(`${sign === 1 ? 'min' : 'max'} called on empty list`);
  return rest.reduce((best, item) => (compareValues(item, best) * sign < 0 ? item : best), first);
}

function slice(list: List, start: bigint, end: bigint): List {
  if (start < 0n || end < 0n) throw new Error(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end)
    throw new Error(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (end > BigInt(list.length)) throw new Error(`cannot slice(${start}, ${end}), list is length ${list.length}`);
  return list.slice(Number(start), Number(end));
}

function distinct(list: List): List {
  return list.filter((item, index) => {
    checkTime();
    return list.findIndex((other) => equalValues(item, other)) === index;
  });
}

function contains(list: List, wanted: List): boolean {
  return wanted.every((item) => {
    checkTime();
    return list.some((other) => equalValues(item, other));
  });
}

function intersects(list: List, other: List): boolean {
  return list.some((item) => {
    checkTime();
    return other.some((one) => equalValues(item, one));
  });
}

class SetsNamespace {}

/** Kubernetes' list library, the related parts of cel-go's, and sets. */
export function addLists(environment: Environment): void {
  environment
    .registerFunction('list.isSorted(): bool', isSorted)
    .registerFunction('list.sum(): dyn', sum)
    .registerFunction('list.min(): dyn', (list: List) => extreme(list, 1))
    .registerFunction('list.max(): dyn', (list: List) => extreme(list, -1))
    .registerFunction('list.indexOf(dyn): int', (list: List, item: unknown) =>
      BigInt(list.findIndex((other) => equalValues(item, other))),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (list: List, item: unknown) =>
      BigInt(list.findLastIndex((other) => equalValues(item, other))),
    )
    .registerFunction('list.slice(int, int): list', slice)
    .registerFunction('list.distinct(): list', distinct)
    .registerFunction('list.reverse(): list', (list: List) => list.toReversed())
    .registerFunction('list.sort(): list', (list: List) => list.toSorted(compareValues))
    .registerType('SetsNamespace', SetsNamespace)
    .registerConstant('sets', 'SetsNamespace', new SetsNamespace())
    .registerFunction('SetsNamespace.contains(list, list): bool', (_sets: unknown, list: List, wanted: List) =>
      contains(list, wanted),
    )
    .registerFunction(
      'SetsNamespace.equivalent(list, list): bool',
      (_sets: unknown, list: List, other: List) => contains(list, other) && contains(other, list),
    )
    .registerFunction('SetsNamespace.intersects(list, list): bool', (_sets: unknown, list: List, other: List) =>
      intersects(list, other),
    );
}
