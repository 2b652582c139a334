import { goText, goType } from '../go-text.ts';
import { isObject } from '../object.ts';
import { emptySet, insert } from './field-set.ts';
import type { FieldSet, Path } from './field-set.ts';
import { shownPath } from './fields-v1.ts';
import { kindOf, shapeOf, UnnamedItemError } from './structure.ts';
import type { ListShape, MapShape, Place } from './structure.ts';

function goLiteral(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (isObject(value)) {
    const entries = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${goLiteral(value[key])}`);
    return `map[string]interface {}{${entries.join(', ')}}`;
  }
  if (Array.isArray(value)) return `[]interface {}{${value.map(goLiteral).join(', ')}}`;
  return value === null ? 'interface {}(nil)' : JSON.stringify(value);
}

function checkScalar({ type, format }: Place['schema'], value: unknown): string | undefined {
  if (value === null) return undefined;
  if ((type === 'integer' || type === 'number') && typeof value !== 'number')
    return `expected numeric (int or float), got ${goType(value)}`;
  if (type === 'string' && (format === undefined || format === 'byte') && typeof value !== 'string')
    return `expected string, got &value.valueUnstructured{Value:${goLiteral(value)}}`;
  if (type === 'boolean' && typeof value !== 'boolean') return `expected boolean, got &{${goText(value)}}`;
  return kindOf(value) === 'scalar' ? undefined : `expected any scalar, got &{${goText(value)}}`;
}

/**
 * The type errors in `value`, with the messages of structured-merge-diff: wrong types, fields that are not declared, items of a list that
 * have no key or the key of another (unless `allowDuplicates`). Empty if valid.
 */
export function typeProblems(root: Place, value: unknown, allowDuplicates: boolean): string[] {
  const problems: string[] = [];
  const report = (path: string, problem: string): void => {
    problems.push(path === '' ? problem : `${path}: ${problem}`);
  };

  const checkItems = (shape: ListShape, path: string, list: unknown[]): void => {
    const seen = new Set<string>();
    for (const [index, item] of list.entries()) {
      let element: string;
      try {
        element = shape.elementOf === undefined ? `[${index}]` : shownPath([shape.elementOf(item)]);
      } catch (error: unknown) {
        if (!(error instanceof UnnamedItemError)) throw error;
        return report(path, `element ${index}: ${error.message}`);
      }
      if (seen.has(element) && !allowDuplicates) report(path, `duplicate entries for key ${element}`);
      seen.add(element);
      visit(shape.items, `${path}${element}`, item);
    }
  };

  const checkFields = (shape: MapShape, path: string, map: Record<string, unknown>): void => {
    for (const [key, item] of Object.entries(map)) {
      const child = shape.child(key);
      if (child === undefined) return report(`${path}.${key}`, 'field not declared in schema');
      if (item !== undefined) visit(child, `${path}.${key}`, item);
    }
  };

  const visit = (place: Place, path: string, at: unknown): void => {
    const shape = shapeOf(place, at);
    if (shape.kind === 'scalar') {
      const problem = checkScalar(place.schema, at);
      if (problem !== undefined) report(path, problem);
    } else if (at === null) return;
    else if (shape.kind === 'list') {
      if (Array.isArray(at)) checkItems(shape, path, at);
      else report(path, `expected list, got &{${goText(at)}}`);
    } else if (isObject(at)) checkFields(shape, path, at);
    else report(path, `expected map, got &{${goText(at)}}`);
  };

  visit(root, '', value);
  return problems;
}

/** The fields that an applied object names. */
export function toFieldSet(root: Place, value: unknown): FieldSet {
  const set = emptySet();

  const visitItems = (shape: ListShape, elementOf: (item: unknown) => string, path: Path, list: unknown[]): void => {
    const elements = list.map(elementOf);
    const counts = Map.groupBy(elements, (element) => element);
    for (const [index, element] of elements.entries()) {
      const at = [...path, element];
      insert(set, at);
      // Items that can't be distinguished are owned as one value.
      if ((counts.get(element)?.length ?? 0) === 1) visit(shape.items, at, list[index]);
    }
  };

  const visitFields = (shape: MapShape, path: Path, map: Record<string, unknown>): void => {
    for (const [key, item] of Object.entries(map)) {
      const child = shape.child(key);
      if (item === undefined || child === undefined) continue;
      const at = [...path, `f:${key}`];
      visit(child, at, item);
      const isVoid = item === null || (isObject(item) && Object.keys(item).length === 0);
      if (isVoid || !shape.isDeclared(key)) insert(set, at);
    }
  };

  const visit = (place: Place, path: Path, at: unknown): void => {
    const shape = shapeOf(place, at);
    const whole = shape.kind === 'scalar' || (shape.kind === 'map' ? shape.atomic : shape.elementOf === undefined);
    if (whole) insert(set, path);
    else if (shape.kind === 'map' && isObject(at)) visitFields(shape, path, at);
    else if (shape.kind === 'list' && shape.elementOf !== undefined && Array.isArray(at))
      visitItems(shape, shape.elementOf, path, at);
  };

  visit(root, [], value);
  return set;
}

/** The set with every declared field as a member that has members below it. */
export function withNamedFields(set: FieldSet, place: Place | undefined): FieldSet {
  const out: FieldSet = { members: new Set(set.members), children: new Map() };
  for (const [element, inner] of set.children) {
    const key = element.slice(2);
    const map = place === undefined ? undefined : shapeOf(place, {});
    let child: Place | undefined;
    if (element.startsWith('f:') && map?.kind === 'map') {
      child = map.child(key);
      if (map.isDeclared(key)) out.members.add(element);
    } else if (element.startsWith('k:') && place !== undefined) {
      const list = shapeOf(place, []);
      child = list.kind === 'list' ? list.items : undefined;
    }
    out.children.set(element, withNamedFields(inner, child));
  }
  return out;
}
