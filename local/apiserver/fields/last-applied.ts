import { isObject, withSortedKeys } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import { compare } from './compare.ts';
import { difference } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { placeOf, UnnamedItemError } from './structure.ts';
import { toFieldSet, typeProblems } from './typed.ts';

/** Where client-side `kubectl apply` keeps what it applied. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** The only manager that migrates from client-side apply. */
export const KUBECTL_MANAGER = 'kubectl';
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (error: unknown) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function fieldsStillApplied(schema: Schema, last: JsonObject, live: KubeObject): FieldSet | undefined {
  const place = placeOf(schema);
  if (typeProblems(place, last, false).length > 0) return undefined;
  try {
    const { modified, added, removed } = compare(place, last, live);
    return difference(difference(difference(toFieldSet(place, last), modified), added), removed);
  } catch (error: unknown) {
    if (error instanceof UnnamedItemError) return undefined;
    throw error;
  }
}

/** The fields that client-side apply set and that have not changed since; undefined if it did not write this object. */
export function fieldsOfClientSideApply(schema: Schema, live: KubeObject): FieldSet | undefined {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  const last = text === undefined ? undefined : parsed(text);
  if (last === undefined || last['apiVersion'] !== live.apiVersion) return undefined;
  return fieldsStillApplied(schema, last, live);
}

/** Updates the annotation of client-side apply with what kubectl applies on the server (in place). */
export function updateLastApplied(object: KubeObject, config: KubeObject): void {
  const { annotations } = object.metadata;
  if (annotations === undefined || !annotations[LAST_APPLIED]) return;
  const { [LAST_APPLIED]: _last, ...given } = config.metadata.annotations ?? {};
  const metadata =
    config.metadata.annotations === undefined ? config.metadata : { ...config.metadata, annotations: given };
  annotations[LAST_APPLIED] = `${JSON.stringify(withSortedKeys({ ...config, metadata }))}\n`;
  const sizeBytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  if (sizeBytes > MAX_ANNOTATIONS_BYTES) delete annotations[LAST_APPLIED];
}
