import type { FieldError } from '../field-errors.ts';
import type { KubeObject } from '../object.ts';
import { apiVersionOf } from './resource-type.ts';
import type { ResourceType } from './resource-type.ts';

/** How the versions of a custom resource are converted, where only apiVersion differs between them otherwise (strategy None). */
export interface VersionConverter {
  /** The object in the version `apiVersion`. Of its metadata only labels and annotations may change. Throws where it can't be converted. */
  convert(this: void, object: KubeObject, apiVersion: string): KubeObject;
  /** What is wrong with an object beyond its schema, in the version in which it is written. */
  validate?(this: void, object: KubeObject): FieldError[];
}

function converted(type: ResourceType, object: KubeObject, version: string): KubeObject {
  const apiVersion = apiVersionOf({ group: type.group, version });
  if (object.apiVersion === apiVersion) return object;
  return type.convert === undefined ? { ...object, apiVersion } : type.convert(object, apiVersion);
}

/** The object as this served version shows it. Throws 500 where it can't be converted. */
export function inVersion(type: ResourceType, object: KubeObject): KubeObject {
  return converted(type, object, type.version);
}

/** The object as it is stored: in one version where a converter knows how, else as it was written. Throws 500 where it can't be converted. */
export function inStorageVersion(type: ResourceType, object: KubeObject): KubeObject {
  const { convert, storageVersion } = type;
  return convert === undefined || storageVersion === undefined ? object : converted(type, object, storageVersion);
}
