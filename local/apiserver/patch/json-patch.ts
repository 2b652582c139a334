import { isTooDeep } from '../go-json.ts';
import { isObject, sameJson } from '../object.ts';
import type { JsonObject } from '../object.ts';

type Container = JsonObject | unknown[];

interface Place {
  holder: Container;
  key: string;
}

interface Operation {
  op: string;
  path: string | undefined;
  from: string | undefined;
  value: unknown;
}

const MISSING = 'missing value';
const INVALID_INDEX = 'invalid index referenced';

const unescaped = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');

/** The list or object that contains the target of `path`, and its key. */
function locate(document: Container, path: string): Place | undefined {
  const [first, ...rest] = path.split('/');
  if (first === undefined || rest.length === 0) return undefined;
  const parts = rest.map(unescaped);
  const key = parts.pop() ?? '';
  let holder: unknown = document;
  for (const part of parts) {
    if (Array.isArray(holder)) holder = /^-?\d+$/.test(part) ? (holder as unknown[]).at(Number(part)) : undefined;
    else holder = isObject(holder) && Object.hasOwn(holder, part) ? holder[part] : undefined;
  }
  return Array.isArray(holder) || isObject(holder) ? { holder, key } : undefined;
}

function parsedIndex(key: string): number {
  if (!/^[+-]?\d+$/.test(key)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`);
  return Number(key);
}

/** An index into a list of `size`; a negative one counts from the end. */
function indexIn(key: string, size: number): number {
  const index = parsedIndex(key);
  if (index >= size || index < -size) throw new Error(`Unable to access invalid index: ${index}: ${INVALID_INDEX}`);
  return index < 0 ? index + size : index;
}

function setKey(holder: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

function read({ holder, key }: Place): unknown {
  if (Array.isArray(holder)) return holder[indexIn(key, holder.length)];
  return Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function insert({ holder, key }: Place, value: unknown): void {
  if (!Array.isArray(holder)) return setKey(holder, key, value);
  if (key === '-') return void holder.push(value);
  if (!/^[+-]?\d+$/.test(key))
    throw new Error(
      `value was not a proper array index: '${key}': strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`,
    );
  holder.splice(indexIn(key, holder.length + 1), 0, value);
}

function take({ holder, key }: Place): void {
  if (Array.isArray(holder)) return void holder.splice(indexIn(key, holder.length), 1);
  if (!Object.hasOwn(holder, key)) throw new Error(`Unable to remove nonexistent key: ${key}: ${MISSING}`);
  delete holder[key];
}

/** Runs `step`; its errors get the operation as prefix. */
function during<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (error: unknown) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function given(text: string | undefined, problem: string): string {
  if (text === undefined) throw new Error(problem);
  return text;
}

function placeOf(document: Container, path: string, missing: string): Place {
  const place = locate(document, path);
  if (place === undefined) throw new Error(`${missing}: ${MISSING}`);
  return place;
}

function add(document: Container, { path, value }: Operation): void {
  const at = given(path, `add operation failed to decode path: ${MISSING}`);
  const place = placeOf(document, at, `add operation does not apply: doc is missing path: "${at}"`);
  during(`error in add for path: '${at}'`, () => insert(place, value ?? null));
}

function remove(document: Container, { path }: Operation): void {
  const at = given(path, `remove operation failed to decode path: ${MISSING}`);
  const place = placeOf(document, at, `remove operation does not apply: doc is missing path: "${at}"`);
  during(`error in remove for path: '${at}'`, () => take(place));
}

/** A missing key of an object is added; an index of a list must exist. */
function replace(document: Container, { path, value }: Operation): Container {
  const at = given(path, `replace operation failed to decode path: operation missing path field: ${MISSING}`);
  if (at === '') {
    if (Array.isArray(value) || isObject(value)) return value;
    throw new Error('replace operation value must be object or array: %!w(<nil>)');
  }
  const place = placeOf(document, at, `replace operation does not apply: doc is missing path: ${at}`);
  const { holder, key } = place;
  if (!Array.isArray(holder)) setKey(holder, key, value ?? null);
  else {
    const missing = `replace operation does not apply: doc is missing key: ${at}: ${MISSING}`;
    if (!/^[+-]?\d+$/.test(key) || Number(key) >= holder.length || Number(key) < -holder.length)
      throw new Error(missing);
    holder[indexIn(key, holder.length)] = value ?? null;
  }
  return document;
}

function test(document: Container, { path, value }: Operation): void {
  const at = given(path, `test operation failed to decode path: operation missing path field: ${MISSING}`);
  const failed = `testing value ${at} failed: test failed`;
  if (at === '') {
    if (sameJson(document, value)) return;
    throw new Error(failed);
  }
  const place = placeOf(document, at, `test operation does not apply: is missing path: ${at}`);
  const found = during(`error in test for path: '${at}'`, () => read(place));
  if (!sameJson(found ?? null, value ?? null)) throw new Error(failed);
}

function moveOrCopy(document: Container, { op, from, path }: Operation): void {
  const source = given(from, `${op} operation failed to decode from: operation, missing from field: ${MISSING}`);
  const origin = placeOf(document, source, `${op} operation does not apply: doc is missing from path: ${source}`);
  const asked = op === 'move' ? `error in move for path: '${origin.key}'` : `error in copy for from: '${source}'`;
  const value = during(asked, () => read(origin));
  if (op === 'move') during(asked, () => take(origin));
  const undecoded = op === 'move' ? `operation missing path field: ${MISSING}` : MISSING;
  const at = given(path, `${op} operation failed to decode path: ${undecoded}`);
  const place = placeOf(document, at, `${op} operation does not apply: doc is missing destination path: ${at}`);
  const problem = op === 'move' ? `error in move for path: '${at}'` : 'error while adding value during copy';
  during(problem, () => insert(place, structuredClone(value ?? null)));
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * Applies a JSON patch (RFC 6902) as a kube-apiserver does, which is laxer than the RFC: `replace` adds a missing key, an index may be
 * negative, a missing `value` is null (evanphx/json-patch v4). Works on a copy. Throws an Error in that library's words.
 */
export function applyJsonPatch(document: Container, patch: unknown[]): unknown {
  let next: Container = structuredClone(document);
  for (const item of patch) {
    const raw = isObject(item) ? item : {};
    const operation: Operation = {
      op: text(raw['op']) ?? 'unknown',
      path: text(raw['path']),
      from: text(raw['from']),
      value: structuredClone(raw['value']),
    };
    if (operation.op === 'add') add(next, operation);
    else if (operation.op === 'remove') remove(next, operation);
    else if (operation.op === 'replace') next = replace(next, operation);
    else if (operation.op === 'test') test(next, operation);
    else if (operation.op === 'move' || operation.op === 'copy') moveOrCopy(next, operation);
    else throw new Error(`Unexpected kind: ${operation.op}`);
  }
  // Each operation alone may have the maximum nesting.
  if (isTooDeep(next)) throw new Error('exceeded max depth');
  return next;
}
