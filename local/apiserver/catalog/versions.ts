import type { FieldError } from '../field-errors.ts';
import type { KubeObject } from '../object.ts';
import { apiVersionOf } from './resource-type.ts';
import type { ResourceType } from './resource-type.ts';

/** Converts the versions of a custom resource. Without it only apiVersion changes (strategy None). */
export interface VersionConverter {
  /** The object in the version `apiVersion`. Of its metadata only labels and annotations may change. Throws if it can't be converted. */
  convert(this: void, object: KubeObject, apiVersion: string): KubeObject;
  /** Errors that the schema does not find, in the version of the request. */
  validate?(this: void, object: KubeObject): FieldError[];
}

function converted(type: ResourceType, object: KubeObject, version: string): KubeObject {
  const apiVersion = apiVersionOf({ group: type.group, version });
  if (object.apiVersion === apiVersion) return object;
  return type.convert === undefined ? { ...object, apiVersion } : type.convert(object, apiVersion);
}

/** The object in this served version. Throws 500 if it can't be converted. */
export function inVersion(type: ResourceType, object: KubeObject): KubeObject {
  return converted(type, object, type.version);
}

/** The object as stored: in one version if there is a converter, else as written. Throws 500 if it can't be converted. */
export function inStorageVersion(type: ResourceType, object: KubeObject): KubeObject {
  const { convert, storageVersion } = type;
  return convert === undefined || storageVersion === undefined ? object : converted(type, object, storageVersion);
}
