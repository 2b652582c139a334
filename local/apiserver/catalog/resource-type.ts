import type { NameRule } from '../names.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import type { FieldError } from '../field-errors.ts';
import type { Schema } from '../schema/schema.ts';
import type { Column } from '../table/column.ts';

/** What is particular to one resource's writes; everything else is the same for all. */
export interface Strategy {
  /** Fills in what the API machinery defaults when it decodes an object (in place). */
  applyDefaults?(object: KubeObject): void;
  /** Sets what only the server decides at creation (in place), such as a Pod's first status. */
  prepareForCreate?(object: KubeObject): void;
  /** Keeps what an update can't set (in place). */
  prepareForUpdate?(object: KubeObject, old: KubeObject): void;
  /** Keeps what a status update can't take away (in place). */
  prepareForStatusUpdate?(object: KubeObject, old: KubeObject): void;
  /** Who changes an object says which version of it was read. */
  needsVersion?: boolean;
  /** Replacing an object that is not there creates it. */
  isCreatedByUpdate?: boolean;
  /** Leaves what is wrong with new metadata to the API machinery, which looks at it last. */
  ignoresMetadata?: boolean;
  validate?(object: KubeObject): FieldError[];
  /** All of a changed object is validated as that of a new one, its metadata once more included. */
  isValidatedAnew?: boolean;
  /** What users are told of an object that nothing is wrong with. */
  warnings?(this: void, object: KubeObject): string[];
  /** Everything that is wrong with a change, in order; `content` is what is wrong with the object that it makes. */
  validateUpdate?(this: void, object: KubeObject, old: KubeObject, content: FieldError[]): FieldError[];
  /** What `metadata.generation` counts the changes of; without it all but metadata and status. */
  generationOf?(this: void, object: KubeObject): unknown;
}

/** Where an object has what its Scale shows; a workload's selector is made of its labels. */
export interface ScalePaths {
  replicas: string[];
  current: string[];
  selector?: string[];
}

/** One served version of a resource. Versions of one resource share their storage (`storageKey`). */
export interface ResourceType {
  group: string;
  version: string;
  resource: string;
  singular: string;
  kind: string;
  listKind: string;
  namespaced: boolean;
  shortNames: string[];
  categories: string[];
  /** Built into Kubernetes: associative lists, strategic merge patch and typed decoding errors. */
  builtIn: boolean;
  storageKey: string;
  /** A kube-apiserver answers reads from its cache. */
  isCached: boolean;
  /** The version in which a kube-apiserver stores it, where that is another one. */
  storageVersion?: string;
  schema: Schema;
  /** The schemas of all versions of a custom resource. */
  versionSchemas?: Record<string, Schema>;
  subresources: string[];
  statusSubresource: boolean;
  scale?: ScalePaths;
  /** `metadata.generation` is kept. */
  hasGeneration: boolean;
  nameRule: NameRule;
  returnsDeletedObject: boolean;
  /** Field selectors besides metadata.name and metadata.namespace. */
  selectableFields: string[];
  columns: Column[];
  /** What its row of a table says of an object beside the cells. */
  rowConditions?(this: void, object: KubeObject): JsonObject[];
  /** Told with every request, where this version is deprecated. */
  deprecation?: string;
  strategy: Strategy;
  /** Brings an object of any version of this resource into another one; absent where only apiVersion differs. Throws 500. */
  convert?(this: void, object: KubeObject, apiVersion: string): KubeObject;
}

export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}
