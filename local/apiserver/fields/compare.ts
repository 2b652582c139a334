import { isObject, sameJson } from '../object.ts';
import { emptySet, insert } from './field-set.ts';
import type { FieldSet, Path } from './field-set.ts';
import { kindOf, placeOf, shapeOf } from './structure.ts';
import type { ListShape, MapShape, Place, Shape } from './structure.ts';

/** The paths that were added, changed and removed between `before` and `after`. A path is in at most one of the sets. */
export interface Comparison {
  removed: FieldSet;
  modified: FieldSet;
  added: FieldSet;
}

function isVoid(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function groups(list: unknown, elementOf: (item: unknown) => string): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of Array.isArray(list) ? (list as unknown[]) : []) {
    const element = elementOf(item);
    found.set(element, [...(found.get(element) ?? []), item]);
  }
  return found;
}

/** Compares two objects of one type. Both must fit the schema (see typed.ts); undefined is absent, null is a value. */
export function compare(root: Place, before: unknown, after: unknown): Comparison {
  const out: Comparison = { removed: emptySet(), modified: emptySet(), added: emptySet() };

  const leaf = (path: Path, left: unknown, right: unknown): void => {
    if (left === undefined) insert(out.added, path);
    else if (right === undefined) insert(out.removed, path);
    else if (!sameJson(left, right)) insert(out.modified, path);
  };

  const items = (shape: ListShape, elementOf: (item: unknown) => string, path: Path, l: unknown, r: unknown): void => {
    const left = groups(l, elementOf);
    const right = groups(r, elementOf);
    for (const element of new Set([...left.keys(), ...right.keys()])) {
      const lefts = left.get(element) ?? [];
      const rights = right.get(element) ?? [];
      const at = [...path, element];
      if (lefts.length <= 1 && rights.length <= 1) visit(shape.items, at, lefts[0], rights[0]);
      else if (lefts.length >= 2 && rights.length >= 2) {
        // Items that can't be distinguished are compared as one value.
        if (!sameJson(lefts, rights)) insert(out.modified, at);
      } else if (lefts.length >= 2) {
        if (rights.length > 0) visit(shape.items, at, undefined, rights[0]);
        insert(out.removed, at);
      } else {
        if (lefts.length > 0) visit(shape.items, at, lefts[0], undefined);
        insert(out.added, at);
      }
    }
  };

  const fields = (shape: MapShape, path: Path, l: unknown, r: unknown): void => {
    const left = isObject(l) ? l : {};
    const right = isObject(r) ? r : {};
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      if (left[key] === undefined && right[key] === undefined) continue;
      visit(shape.child(key) ?? placeOf({}), [...path, `f:${key}`], left[key], right[key]);
    }
  };

  /** True if the value was taken as a whole. */
  const descend = (shape: Shape, path: Path, left: unknown, right: unknown): boolean => {
    const whole =
      shape.kind === 'scalar' ||
      (shape.kind === 'map' ? shape.atomic : shape.elementOf === undefined) ||
      (isVoid(left) && isVoid(right));
    if (whole) leaf(path, left, right);
    else if (shape.kind === 'map') fields(shape, path, left, right);
    else if (shape.kind === 'list' && shape.elementOf !== undefined) items(shape, shape.elementOf, path, left, right);
    return whole;
  };

  const visit = (place: Place, path: Path, left: unknown, right: unknown): void => {
    const leftShape = shapeOf(place, left ?? right);
    const rightShape = shapeOf(place, right ?? left);
    const differ = kindOf(left) !== undefined && kindOf(right) !== undefined && leftShape.kind !== rightShape.kind;
    if (differ) descend(leftShape, path, left, right);
    const whole = descend(rightShape, path, left, right);
    if (whole || path.length === 0) return;
    if (left === undefined) insert(out.added, path);
    else if (right === undefined) insert(out.removed, path);
  };

  visit(root, [], before, after);
  return out;
}
