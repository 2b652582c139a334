import { isObject } from './json.ts';
import type { Json } from './json.ts';

/**
 * Values without a field in v1 are kept in annotations, as in upstream's conversion (pkg/apis/version/conversion.go): written in the conversion
 * to v1, read and removed in the conversion back.
 */
export type Annotations = Record<string, string>;

/** Thrown if an object can't be converted: an annotation of an earlier conversion does not fit it. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError';
}

export const RESOURCES = 'tekton.dev/v1beta1Resources';
export const CLOUD_EVENTS = 'tekton.dev/v1beta1CloudEvents';
export const RESOURCES_RESULT = 'tekton.dev/v1beta1ResourcesResult';
export const RESOURCES_STATUS = 'tekton.dev/v1beta1ResourcesStatus';

/** JSON as Go writes it into an annotation: `<`, `>` and `&` are escaped. */
export function goText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Writes `value` to the annotation; does nothing if it is undefined. */
export function carry(annotations: Annotations, key: string, value: unknown): void {
  if (value !== undefined && value !== null) annotations[key] = goText(value);
}

/** Reads an annotation's JSON; undefined without the annotation. Throws ConversionError, with `what` in its message, for invalid JSON. */
export function readCarried(annotations: Annotations, key: string, what = 'deserializing'): unknown {
  const text = annotations[key];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error: unknown) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new ConversionError(`error ${what} key ${key} from metadata: ${problem}`);
  }
}

function take(annotations: Annotations, key: string, fits: (value: unknown) => boolean, wanted: string): unknown {
  const value = readCarried(annotations, key);
  if (value === undefined) return undefined;
  if (value !== null && !fits(value))
    throw new ConversionError(`error deserializing key ${key} from metadata: ${wanted} was expected`);
  delete annotations[key];
  return value;
}

/** Removes a list from its annotation and returns it; undefined if it is absent or empty. */
export function takeList(annotations: Annotations, key: string): unknown[] | undefined {
  const list = take(annotations, key, Array.isArray, 'a list');
  return Array.isArray(list) && list.length > 0 ? list : undefined;
}

/** Removes inputs and outputs from their annotation and returns them; undefined if it has neither. */
export function takeResources(annotations: Annotations, key: string): Json | undefined {
  const resources = take(annotations, key, isObject, 'an object');
  if (!isObject(resources)) return undefined;
  return Array.isArray(resources['inputs']) || Array.isArray(resources['outputs']) ? resources : undefined;
}
