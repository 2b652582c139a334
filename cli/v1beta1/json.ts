/** A JSON object with unknown fields: its schema was checked before the conversion, or is checked after it. */
export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object with some fields renamed; the order stays. */
export function renamed(object: Json, names: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [(Object.hasOwn(names, key) ? names[key] : undefined) ?? key, value]),
  );
}

/** The object without some fields. */
export function without(object: Json, ...names: string[]): Json {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !names.includes(key)));
}

/** Only the named fields of the object, as far as it has them. */
export function only(object: Json, names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(object).filter(([key]) => names.includes(key)));
}

/** The objects of a list, each converted; any other value stays. */
export function mapped(list: unknown, convert: (item: Json) => Json): unknown {
  return Array.isArray(list) ? list.map((item: unknown) => (isObject(item) ? convert(item) : item)) : list;
}

/** The object with the fields in `convert` converted, if they are neither undefined nor null. */
export function withFields(object: Json, convert: Readonly<Record<string, (value: unknown) => unknown>>): Json {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => {
      const change = Object.hasOwn(convert, key) ? convert[key] : undefined;
      return [key, change === undefined || value === undefined || value === null ? value : change(value)];
    }),
  );
}

/** Applies `convert` to an object; anything else stays as it is. */
export const ofObject =
  (convert: (object: Json) => Json) =>
  (value: unknown): unknown =>
    isObject(value) ? convert(value) : value;

/** Applies `convert` to each object of a list. */
export const ofEach =
  (convert: (object: Json) => Json) =>
  (value: unknown): unknown =>
    mapped(value, convert);
